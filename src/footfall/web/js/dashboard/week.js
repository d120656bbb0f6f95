// Hours of the week: average events of each, shaded. The arrow keys go from hour to hour; one opens the hours of the
// period that its average is of, each of which leads to its day.
import { h } from "../lib/dom.js";
import { count, longDay, money } from "../lib/format.js";
import { openPanel } from "../lib/sheet.js";
import { Table } from "../lib/table.js";
import { address } from "../lib/view.js";
import { local } from "../lib/zone.js";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HOURS = 24;
const HOUR_MS = 3_600_000;
const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: HOURS, ArrowUp: -HOURS };

export const requests = (view) => ({ activity: ["hourly_activity", view.range] });

export const isEmpty = ({ activity }) => !activity.data.some((row) => row.event_count);

/** Hours of the week from Monday's first on: the rows of the period's whole hours that fall on each. */
function hoursOf({ activity }, { zone }) {
  const now = Date.now();
  const found = Array.from({ length: 7 * HOURS }, () => []);
  for (const row of activity.data) {
    const start = Date.parse(row.hour);
    if (start + HOUR_MS > now) continue;
    const at = local(start, zone);
    found[((at.getUTCDay() + 6) % 7) * HOURS + at.getUTCHours()].push(row);
  }
  return found.map((rows, place) => ({ rows, place, events: rows.length ? sum(rows, "event_count") / rows.length : null }));
}

const sum = (rows, key) => rows.reduce((all, row) => all + row[key], 0);
const clock = (place) => `${String(place % HOURS).padStart(2, "0")}:00`;
const nameOf = (place) => `${WEEKDAYS[Math.floor(place / HOURS)]} ${clock(place)}`;
const said = ({ place, events }) => `${nameOf(place)}: ${events === null ? "not in this period" : `${count(events)} events an hour`}`;

export function drawer() {
  let cells;
  let hours;
  let zone;
  return (answers, view, card) => {
    hours = hoursOf(answers, view);
    zone = view.zone;
    cells ??= makeGrid(card.view.querySelector(".chart"), (place) => openHour(hours[place], zone));
    const top = Math.max(...hours.map(({ events }) => events ?? 0), 1);
    for (const hour of hours) {
      const cell = cells[hour.place];
      cell.classList.toggle("heat-none", hour.events === null);
      cell.style.setProperty("--share", ((hour.events ?? 0) / top).toFixed(3));
      cell.title = said(hour);
      cell.ariaLabel = said(hour);
    }
    cells[0].closest("[role=grid]").ariaLabel = summary(hours);
  };
}

/** The cells by their place; the grid is one stop of the Tab key. */
function makeGrid(box, open) {
  const cells = Array.from({ length: 7 * HOURS }, (_, place) =>
    h("span", { class: "heat-cell", role: "gridcell", tabindex: place ? "-1" : "0", onclick: () => open(place) }),
  );
  const rows = WEEKDAYS.map((name, day) =>
    h("div", { class: "heat-row", role: "row" }, h("span", { class: "heat-day", role: "rowheader", text: name }), cells.slice(day * HOURS, (day + 1) * HOURS)),
  );
  const scale = Array.from({ length: HOURS }, (_, hour) => h("span", { class: "heat-hour", text: hour % 6 === 0 ? clock(hour).slice(0, 2) : "" }));
  const grid = h("div", { class: "heat", role: "grid" }, rows, h("div", { class: "heat-row", "aria-hidden": "true" }, h("span"), scale));
  grid.addEventListener("focusin", ({ target }) => {
    for (const cell of cells) cell.tabIndex = cell === target ? 0 : -1;
  });
  grid.addEventListener("keydown", (event) => {
    const at = cells.indexOf(event.target);
    if (event.key === "Enter" || event.key === " ") open(at);
    else if (event.key in STEPS) cells[at + STEPS[event.key]]?.focus();
    else return;
    event.preventDefault();
  });
  box.replaceChildren(grid);
  return cells;
}

/** The hours behind a cell: the average is over these. */
function openHour({ rows, place, events }, zone) {
  const date = (row) => local(Date.parse(row.hour), zone).toISOString().slice(0, 10);
  const href = (row) => address({ period: "custom", from: date(row), to: date(row) });
  const columns = [
    { key: "hour", label: "Day", grow: true, cell: (row) => h("a", { href: href(row), text: longDay(row.hour) }) },
    { key: "event_count", label: "Events", type: "int" },
    { key: "unique_users", label: "Users", type: "int" },
    { key: "revenue", label: "Revenue", type: "money", value: (row) => row.revenue, cell: (row) => money(row.revenue) },
  ];
  const table = new Table(columns, { caption: nameOf(place), sort: { key: "hour", direction: -1 } });
  table.update(rows);
  const about = rows.length
    ? `${count(events)} events on average over ${count(rows.length)} ${rows.length === 1 ? "hour" : "hours"} of the period. A day opens by itself.`
    : "No whole hour of the period falls on it.";
  const box = h("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-label": nameOf(place) }, table.element);
  openPanel(nameOf(place), [h("p", { text: about }), rows.length > 0 && box].filter(Boolean));
}

function summary(hours) {
  const best = hours.reduce((most, hour) => ((hour.events ?? -1) > (most.events ?? -1) ? hour : most));
  if (best.events === null) return "No whole hour in this period yet.";
  return `Busiest hour of the week: ${nameOf(best.place)}, ${count(best.events)} events on average.`;
}

export function table(answers, view) {
  return {
    columns: [
      { key: "weekday", label: "Weekday" },
      { key: "hour", label: "Hour", type: "int" },
      { key: "events", label: "Events an hour", type: "int" },
    ],
    rows: hoursOf(answers, view).map(({ place, events }) => ({
      weekday: WEEKDAYS[Math.floor(place / HOURS)],
      hour: place % HOURS,
      events: events === null ? null : Math.round(events),
    })),
  };
}
