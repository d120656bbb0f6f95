// A table that sorts by its headings, can be searched and paged, and is refreshed in place. Order and page of one
// that has a name stand in the address: `sort=products.orders.down`, `pages=products.2`.
import { count, dateOf, duration, money, moment, percent } from "./format.js";
import { h, keepFocus } from "./dom.js";
import { put, said, saying } from "./nav.js";

const FORMATS = {
  int: count,
  money,
  pct: percent,
  time: (value) => (value ? moment(value) : "–"),
  day: (value) => (value ? dateOf(value) : "–"),
  duration,
  flag: (value) => (value ? "yes" : "no"),
};
const ROOM = { pct: "pct", spark: "spark-column" }; // what comes later than its table takes no more room then
const NUMERIC = new Set(["int", "money", "pct", "duration", "spark"]);
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/**
 * Columns are {key, label, type: text|int|money|pct|duration|time|day|flag|spark, cell?(row), value?(row), grow?, wide?}; `cell` answers a
 * node where the plain value is not what is shown, `value` what is sorted and exported.
 */
export class Table {
  #columns;
  #rows = [];
  #name;
  #firstSort;
  #sort;
  #body;
  #heads = [];
  #onRow;
  #pageSize;
  #page = 0;
  #sought = "";
  #pager;

  /**
   * `pageSize` rows at a time, with `pager` (an element of its own) to go on; all at once without. `name` is what the
   * address calls the table by, which nothing else on the page is called.
   */
  constructor(columns, { caption, sort, onRow, pageSize, name } = {}) {
    this.#columns = columns;
    this.#name = name;
    this.#firstSort = sort;
    this.#sort = sort;
    this.#onRow = onRow;
    this.#pageSize = pageSize;
    if (pageSize) this.pager = this.#makePager();
    this.#body = h("tbody");
    const head = h("tr", {}, columns.map((column) => this.#heading(column)));
    this.element = h(
      "table",
      {},
      caption && h("caption", { class: "sr-only", text: caption }),
      h("thead", {}, head),
      this.#body,
    );
    if (name) this.#followBack();
  }

  /** Follows the address for as long as the table stands on the page. */
  #followBack() {
    const follow = () => {
      if (this.element.isConnected) this.#fill();
      else window.removeEventListener("popstate", follow);
    };
    window.addEventListener("popstate", follow);
  }

  /** Takes order and page from the address. */
  #take() {
    const [key, way] = said("sort", this.#name)?.split(".") ?? [];
    const known = this.#columns.some((column) => column.key === key);
    this.#sort = known ? { key, direction: way === "up" ? 1 : -1 } : this.#firstSort;
    this.#page = (Number.parseInt(said("pages", this.#name), 10) || 1) - 1;
  }

  /** Puts order and page into the address, where they are not those of the beginning. */
  #tell() {
    if (!this.#name) return;
    const [order, first] = [this.#sort, this.#firstSort].map((sort) => sort && `${sort.key}.${sort.direction > 0 ? "up" : "down"}`);
    put({
      sort: saying("sort", this.#name, order === first ? null : order),
      pages: saying("pages", this.#name, this.#page > 0 ? this.#page + 1 : null),
    });
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
    this.#tell();
    this.#fill();
  }

  #mark() {
    this.#columns.forEach((column, index) => {
      if (this.#sort?.key !== column.key) this.#heads[index].removeAttribute("aria-sort");
      else this.#heads[index].setAttribute("aria-sort", this.#sort.direction > 0 ? "ascending" : "descending");
    });
  }

  /** Shows rows that hold this text in any column. */
  seek(text) {
    this.#sought = text.trim().toLowerCase();
    this.#fill();
  }

  #makePager() {
    const turn = (by) => () => {
      this.#page += by;
      this.#tell();
      this.#fill();
    };
    const [back, on] = [["Back", -1], ["Next", 1]].map(([label, by]) =>
      h("button", { class: "button button-small", type: "button", text: label, onclick: turn(by) }),
    );
    const where = h("span", { class: "muted", role: "status" });
    this.#pager = { back, on, where };
    return h("div", { class: "row pager" }, where, back, on);
  }

  #fill() {
    if (this.#name) this.#take();
    this.#mark();
    const rows = this.#found();
    if (this.#sort) {
      const column = this.#columns.find(({ key }) => key === this.#sort.key);
      rows.sort((a, b) => this.#sort.direction * compare(plain(column, a), plain(column, b)));
    }
    const lines = this.#paged(rows).map((row) => {
      const cells = this.#columns.map((column) => cellOf(column, row));
      return h("tr", this.#onRow ? { onclick: () => this.#onRow(row) } : {}, cells);
    });
    keepFocus(this.#body, () => this.#body.replaceChildren(...lines));
  }

  #found() {
    if (!this.#sought) return [...this.#rows];
    return this.#rows.filter((row) => this.#columns.some((column) => String(plain(column, row)).toLowerCase().includes(this.#sought)));
  }

  #paged(rows) {
    if (!this.#pageSize) return rows;
    const pages = Math.max(1, Math.ceil(rows.length / this.#pageSize));
    this.#page = Math.min(Math.max(this.#page, 0), pages - 1);
    const first = this.#page * this.#pageSize;
    const shown = rows.slice(first, first + this.#pageSize);
    const { back, on, where } = this.#pager;
    where.textContent = rows.length ? `${count(first + 1)}–${count(first + shown.length)} of ${count(rows.length)}` : "none found";
    back.disabled = this.#page === 0;
    on.disabled = this.#page >= pages - 1;
    return shown;
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
  return [NUMERIC.has(type) ? "num" : "", ROOM[type] ?? "", grow ? "grow" : "", wide ? "wide-only" : ""].join(" ").trim();
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

/** The rows as CSV; a text that a spreadsheet would run as a formula, and that is no number, gets an apostrophe in front. */
export function toCsv(columns, rows) {
  const line = (values) => values.map(csvField).join(",");
  return [line(columns.map(({ label }) => label)), ...rows.map((row) => line(columns.map((c) => plain(c, row))))]
    .join("\r\n")
    .concat("\r\n");
}

function csvField(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) && !NUMBER.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Offers a text as a file. */
export function download(name, content, type = "text/csv;charset=utf-8") {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
