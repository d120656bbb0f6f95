// A long result as a table of which only the rows in sight exist: rows of one height, space above and below.
import { h } from "../lib/dom.js";

const ROW_PX = 30;
const AROUND = 12;

/** `columns` are {name, type, numeric}, `rows` lists of texts; `nothing` is how a null is written. */
export function grid(columns, rows, nothing) {
  const heads = columns.map(({ name, type, numeric }) =>
    h("th", { scope: "col", class: numeric ? "num" : "" }, name, h("span", { class: "cell-sub", text: type })),
  );
  const body = h("tbody");
  const table = h("table", { "aria-rowcount": rows.length + 1 }, h("thead", {}, h("tr", {}, heads)), body);
  const box = h("div", { class: "table-wrap sql-table", tabindex: "0", role: "group", "aria-label": "Result" }, table);
  let shown = [-1, -1];

  function draw() {
    const first = Math.max(0, Math.floor(box.scrollTop / ROW_PX) - AROUND);
    const count = Math.ceil((box.clientHeight || 480) / ROW_PX) + 2 * AROUND;
    const last = Math.min(rows.length, first + count);
    if (first === shown[0] && last === shown[1]) return;
    shown = [first, last];
    body.replaceChildren(
      space(first * ROW_PX, columns.length),
      ...rows.slice(first, last).map((row) => line(row, columns, nothing)),
      space((rows.length - last) * ROW_PX, columns.length),
    );
  }

  box.addEventListener("scroll", draw, { passive: true });
  draw();
  return box;
}

const space = (height, span) =>
  h("tr", { class: "space", "aria-hidden": "true" }, h("td", { colspan: span, style: { height: `${height}px` } }));

function line(row, columns, nothing) {
  return h("tr", {}, row.map((value, index) => cell(value, columns[index], nothing)));
}

function cell(value, { numeric }, nothing) {
  const classes = [numeric && "num", value === nothing && "muted"].filter(Boolean).join(" ");
  return h("td", { class: classes, text: value === nothing ? "null" : value });
}
