// Segments of customers as tiles: the area is the number of users, the text says what they brought and how many came
// from other segments, or left for others, since the period before.
import { byId, h, keepFocus } from "../lib/dom.js";
import { count, percent, wholeMoney } from "../lib/format.js";
import { toggleFilter } from "../lib/nav.js";
import { segmentToken } from "../lib/palette.js";
import { computed, openPanel } from "../lib/sheet.js";

// A tile takes four lines, or its name, or nothing: then the list below names it.
const FULL_PX = { wide: 132, high: 84 };
const NAME_PX = { wide: 84, high: 24 };
const NAMES = ["Champions", "Loyal", "New", "Middle", "At risk", "Lost"];
const NONE = "None";

export const requests = (view) => ({ segments: ["user_segments", view.range] });

/** Moves between the segments of the period before and those of the period. */
export const later = (view) => ({
  ...(view.compare !== "none" && {
    moves: ["segment_moves", { ...view.range, before_from: view.before.from, before_to: view.before.to }],
  }),
});

/** How many of each segment were in another one in the period before, and how many of it then are in another now. */
function flows(moves) {
  const found = new Map(NAMES.map((name) => [name, { came: 0, left: 0 }]));
  for (const { segment_before: was, segment: is, users } of moves?.data ?? []) {
    if (was === is) continue;
    if (found.has(is) && was) found.get(is).came += users;
    if (found.has(was)) found.get(was).left += users;
  }
  return found;
}

/** Wires the button that opens the moves; `answers()` are the card's. */
export function wireMoves(answers) {
  byId("segment-moves").addEventListener("click", () => {
    const { moves } = answers() ?? {};
    if (moves) openPanel("Moves between segments", panel(moves));
  });
}

function panel(moves) {
  const users = new Map(moves.data.map((row) => [`${row.segment_before}>${row.segment}`, row.users]));
  const keys = [...NAMES, ""];
  const cell = (was, is) => h("td", { class: was === is ? "num muted" : "num", text: was || is ? count(users.get(`${was}>${is}`) ?? 0) : "" });
  const head = h("tr", {}, ["From", ...keys.map((key) => key || NONE)].map((text, index) => h("th", { scope: "col", class: index ? "num" : "", text })));
  const lines = keys.map((was) => h("tr", {}, h("th", { scope: "row", text: was || NONE }), keys.map((is) => cell(was, is))));
  const label = "Users by their segment of the period before and of this one";
  return [
    h("p", { text: "Rows: the segment of the period before. Columns: the segment of this period. None: no completed order in that period. Each period scores its own buyers." }),
    h("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-label": label }, h("table", {}, h("thead", {}, head), h("tbody", {}, lines))),
    computed({ answer: moves }),
  ];
}

export function drawer() {
  return ({ segments, moves }, _, card) => {
    byId("segment-moves").disabled = !moves;
    const moved = moves && flows(moves);
    const rows = segments.data.filter((row) => row.users > 0).sort((a, b) => b.users - a.users);
    const total = rows.reduce((sum, row) => sum + row.users, 0);
    const box = card.view.querySelector(".tiles");
    const { width, height } = box.getBoundingClientRect();
    const size = { wide: width || 400, high: height || 280 };
    const places = squarify(rows.map((row) => row.users), size.wide, size.high);
    keepFocus(box, () => box.replaceChildren(...rows.map((row, index) => tile(row, places[index], total, size, moved?.get(row.segment)))));
    const small = rows.filter((_, index) => !fits(places[index], FULL_PX));
    card.view.querySelector(".tiles-rest").replaceChildren(...small.map((row) => listed(row, total)));
  };
}

const fits = ({ w, h: high }, needed) => w >= needed.wide && high >= needed.high;

/** A segment that its tile has no room for, as a line of the list below. */
function listed(row, total) {
  const swatch = h("span", { class: "swatch", style: { "--swatch": `var(--${segmentToken(row.segment)})` } });
  const share = percent((100 * row.users) / total);
  return h("li", {}, swatch, `${row.segment} ${count(row.users)} users · ${share} · ${wholeMoney(row.revenue)}`);
}

function tile(row, place, total, size, moved) {
  const { x, y, w, h: high } = place;
  const full = fits(place, FULL_PX);
  const share = percent((100 * row.users) / total);
  const moves = moved && `${count(moved.came)} came, ${count(moved.left)} left`;
  const text = [`${row.segment}: ${count(row.users)} users (${share})`, wholeMoney(row.revenue), `${count(row.orders)} orders`, moves].filter(Boolean).join(", ");
  return h(
    "button",
    {
      type: "button",
      onclick: () => toggleFilter("segment", row.segment),
      class: full ? "tile" : "tile tile-small",
      title: text,
      "aria-label": full ? undefined : text,
      style: {
        left: `${(100 * x) / size.wide}%`,
        top: `${(100 * y) / size.high}%`,
        width: `${(100 * w) / size.wide}%`,
        height: `${(100 * high) / size.high}%`,
        "--swatch": `var(--${segmentToken(row.segment)})`,
      },
    },
    fits(place, NAME_PX) && h("strong", { text: row.segment }),
    full && h("span", { text: `${count(row.users)} users · ${share}` }),
    full && h("span", { text: wholeMoney(row.revenue) }),
    full && moves && h("span", { text: moves }),
  );
}

/** Places for areas in falling order, as square as they can be (Bruls, Huizing, van Wijk 2000). */
export function squarify(values, width, height) {
  const total = values.reduce((sum, value) => sum + value, 0) || 1;
  const areas = values.map((value) => (value / total) * width * height);
  const places = [];
  let [x, y, w, h] = [0, 0, width, height];
  let start = 0;
  while (start < areas.length) {
    const side = Math.min(w, h);
    let end = start + 1;
    while (end < areas.length && worst(areas.slice(start, end + 1), side) <= worst(areas.slice(start, end), side)) end += 1;
    const row = areas.slice(start, end);
    const depth = row.reduce((sum, area) => sum + area, 0) / side;
    let along = 0;
    for (const area of row) {
      const length = area / depth;
      places.push(w >= h ? { x, y: y + along, w: depth, h: length } : { x: x + along, y, w: length, h: depth });
      along += length;
    }
    if (w >= h) [x, w] = [x + depth, w - depth];
    else [y, h] = [y + depth, h - depth];
    start = end;
  }
  return places;
}

function worst(areas, side) {
  const sum = areas.reduce((total, area) => total + area, 0);
  const [most, least] = [Math.max(...areas), Math.min(...areas)];
  return Math.max((side * side * most) / (sum * sum), (sum * sum) / (side * side * least));
}
