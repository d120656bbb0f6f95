// A table that sorts by its headings and is refreshed in place.
import { count, day, money, moment, percent } from "./format.js";
import { h } from "./dom.js";

const FORMATS = {
  int: count,
  money,
  pct: percent,
  time: (value) => (value ? moment(value) : "–"),
  day: (value) => (value ? day(value) : "–"),
  flag: (value) => (value ? "yes" : "no"),
};
const NUMERIC = new Set(["int", "money", "pct"]);

/**
 * Columns are {key, label, type: text|int|money|pct|time|day|flag, cell?(row), value?(row), grow?, wide?}; `cell` answers a
 * node where the plain value is not what is shown, `value` what is sorted and exported.
 */
export class Table {
  #columns;
  #rows = [];
  #sort;
  #body;
  #heads = [];
  #onRow;

  constructor(columns, { caption, sort, onRow } = {}) {
    this.#columns = columns;
    this.#sort = sort;
    this.#onRow = onRow;
    this.#body = h("tbody");
    const head = h("tr", {}, columns.map((column) => this.#heading(column)));
    this.element = h(
      "table",
      {},
      caption && h("caption", { class: "sr-only", text: caption }),
      h("thead", {}, head),
      this.#body,
    );
    this.#mark();
  }

  /** Shows these rows, in the order that is chosen. */
  update(rows) {
    this.#rows = rows;
    this.#fill();
  }

  #heading(column) {
    const th = h(
      "th",
      { scope: "col", class: classes(column) },
      h("button", { class: "sort", type: "button", text: column.label, onclick: () => this.#sortBy(column) }),
    );
    this.#heads.push(th);
    return th;
  }

  #sortBy(column) {
    const first = column.type ? -1 : 1;
    const same = this.#sort?.key === column.key;
    this.#sort = { key: column.key, direction: same ? -this.#sort.direction : first };
    this.#mark();
    this.#fill();
  }

  #mark() {
    this.#columns.forEach((column, index) => {
      if (this.#sort?.key !== column.key) this.#heads[index].removeAttribute("aria-sort");
      else this.#heads[index].setAttribute("aria-sort", this.#sort.direction > 0 ? "ascending" : "descending");
    });
  }

  #fill() {
    const rows = [...this.#rows];
    if (this.#sort) {
      const column = this.#columns.find(({ key }) => key === this.#sort.key);
      rows.sort((a, b) => this.#sort.direction * compare(plain(column, a), plain(column, b)));
    }
    this.#body.replaceChildren(
      ...rows.map((row) => {
        const cells = this.#columns.map((column) => cellOf(column, row));
        return h("tr", this.#onRow ? { onclick: () => this.#onRow(row) } : {}, cells);
      }),
    );
  }
}

function cellOf(column, row) {
  const shown = column.cell ? column.cell(row) : text(column, row);
  return h("td", { class: classes(column), title: column.grow ? String(plain(column, row)) : undefined }, shown);
}

/** A cell as text, as it is shown. */
export function text(column, row) {
  const value = plain(column, row);
  const format = FORMATS[column.type];
  return format ? format(value) : String(value ?? "–");
}

function plain(column, row) {
  return column.value ? column.value(row) : row[column.key];
}

function classes({ type, grow, wide }) {
  return [NUMERIC.has(type) ? "num" : "", grow ? "grow" : "", wide ? "wide-only" : ""].join(" ").trim();
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

/** The rows as CSV; a text that a spreadsheet would run as a formula is quoted with an apostrophe. */
export function toCsv(columns, rows) {
  const line = (values) => values.map(csvField).join(",");
  return [line(columns.map(({ label }) => label)), ...rows.map((row) => line(columns.map((c) => plain(c, row))))]
    .join("\r\n")
    .concat("\r\n");
}

function csvField(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Offers a text as a file. */
export function download(name, content, type = "text/csv;charset=utf-8") {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
