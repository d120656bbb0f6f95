// The query builder: a table, columns and measures, filters, order and limit in a form; it shows the SQL that it
// makes, which then runs in the SQL box as if it had been typed.
import { ApiError, post } from "../lib/api.js";
import { byId, h } from "../lib/dom.js";
import { COLUMNS } from "./examples.js";

const MEASURES = { "count()": false, sum: true, avg: true, min: true, max: true, uniq: true };
const OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "LIKE", "IN"];
const NUMBER = /^(Nullable\(|LowCardinality\()*(U?Int|Float|Decimal)/;

export class Builder {
  #tables = new Map();
  #handOver;
  #form = byId("builder");
  #sql = byId("builder-sql");
  #loaded;
  #ordered; // what somebody chose to order by; until then, and once it is gone, the first measure

  /** `handOver(sql)` takes a statement to the SQL box and runs it. */
  constructor(handOver) {
    this.#handOver = handOver;
    this.#form.addEventListener("input", ({ target }) => {
      if (target.name === "order") this.#ordered = target.value;
      if (target.name === "table") this.#fill();
      else this.#write();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#handOver(this.#sql.textContent);
    });
    for (const kind of ["group", "measure", "filter"]) {
      byId(`builder-add-${kind}`).addEventListener("click", () => this.#add(kind));
    }
  }

  /** Reads the tables when the tab is first opened. */
  async show() {
    if (this.#loaded) return;
    try {
      const { data } = await post("/api/sql", { sql: COLUMNS });
      for (const [table, name, type] of data) {
        if (!this.#tables.has(table)) this.#tables.set(table, []);
        this.#tables.get(table).push({ name, type });
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#sql.textContent = `-- ${error.message}`;
      return;
    }
    this.#loaded = true;
    const choice = this.#form.elements.table;
    choice.replaceChildren(...[...this.#tables.keys()].map((name) => h("option", { value: name, text: name, selected: name === "events" })));
    this.#fill();
  }

  hide() {}

  get #columns() {
    return this.#tables.get(this.#form.elements.table.value) ?? [];
  }

  /** Begins anew for the table that is chosen. */
  #fill() {
    for (const kind of ["group", "measure", "filter"]) byId(`builder-${kind}s`).replaceChildren();
    this.#ordered = undefined;
    const first = this.#columns.find(({ name }) => ["event_type", "status", "country", "category"].includes(name)) ?? this.#columns[0];
    this.#add("group", first?.name);
    this.#add("measure");
    this.#write();
  }

  #add(kind, chosen) {
    const row = { group: () => this.#groupRow(chosen), measure: () => this.#measureRow(), filter: () => this.#filterRow() }[kind]();
    const remove = h("button", { class: "button button-small", type: "button", "aria-label": `Remove this ${kind}`, text: "×" });
    remove.addEventListener("click", () => {
      row.remove();
      this.#write();
    });
    row.append(remove);
    byId(`builder-${kind}s`).append(row);
    this.#write();
  }

  #columnChoice(label, chosen) {
    const options = this.#columns.map(({ name }) => h("option", { value: name, text: name, selected: name === chosen }));
    return h("select", { class: "button button-small", "data-part": "column", "aria-label": label }, options);
  }

  #groupRow(chosen) {
    return h("div", { class: "row builder-row", "data-kind": "group" }, this.#columnChoice("Group by", chosen));
  }

  #measureRow() {
    const names = Object.keys(MEASURES).map((name) => h("option", { value: name, text: name }));
    const measure = h("select", { class: "button button-small", "data-part": "measure", "aria-label": "Measure" }, names);
    const column = this.#columnChoice("Of the column", "user_id");
    const follow = () => (column.hidden = !MEASURES[measure.value]);
    measure.addEventListener("change", follow);
    follow();
    return h("div", { class: "row builder-row", "data-kind": "measure" }, measure, column);
  }

  #filterRow() {
    const operators = OPERATORS.map((name) => h("option", { value: name, text: name }));
    const operator = h("select", { class: "button button-small", "data-part": "operator", "aria-label": "Comparison" }, operators);
    const value = h("input", { class: "button button-small", "data-part": "value", "aria-label": "Value", autocomplete: "off" });
    return h("div", { class: "row builder-row", "data-kind": "filter" }, this.#columnChoice("Where the column"), operator, value);
  }

  #rows(kind) {
    return [...byId(`builder-${kind}s`).children].map((row) =>
      Object.fromEntries([...row.querySelectorAll("[data-part]")].map(({ dataset, value }) => [dataset.part, value])),
    );
  }

  /** Offers what may be ordered by; answers what is chosen. */
  #order(offered, usual) {
    const { order } = this.#form.elements;
    if (this.#ordered && !offered.includes(this.#ordered)) this.#ordered = undefined;
    const chosen = this.#ordered ?? usual;
    const options = offered.map((text) => h("option", { value: text, text }));
    order.replaceChildren(...options, h("option", { value: "", text: "as it comes" }));
    order.value = chosen;
    return chosen;
  }

  #write() {
    const { table, direction, limit } = this.#form.elements;
    const groups = [...new Set(this.#rows("group").map(({ column }) => name(column)))];
    const measures = new Map(this.#rows("measure").map(({ measure, column }) => [alias(measure, column), called(measure, column)]));
    const where = this.#rows("filter").filter(({ value }) => value !== "").map((filter) => this.#condition(filter));
    const selected = [...groups, ...[...measures].map(([as, call]) => `${call} AS ${as}`)];
    const offered = selected.length ? [...groups, ...measures.keys()] : this.#columns.map((column) => name(column.name));
    const order = this.#order(offered, [...measures.keys(), ...groups, ""][0]); // whole rows are not sorted unasked
    const lines = [
      `SELECT ${selected.join(", ") || "*"}`,
      `FROM ${name(table.value)}`,
      where.length && `WHERE ${where.join("\n  AND ")}`,
      groups.length && measures.size && `GROUP BY ${groups.join(", ")}`,
      order && `ORDER BY ${order} ${direction.value}`,
      `LIMIT ${Math.max(1, Math.min(1000, Number.parseInt(limit.value, 10) || 100))}`,
    ];
    this.#sql.textContent = lines.filter(Boolean).join("\n");
  }

  #condition({ column, operator, value }) {
    const { type } = this.#columns.find((known) => known.name === column);
    const literal = (text) => (NUMBER.test(type) && text.trim() !== "" && Number.isFinite(Number(text)) ? text.trim() : quoted(text.trim()));
    if (operator === "IN") return `${name(column)} IN (${value.split(",").map(literal).join(", ")})`;
    return `${name(column)} ${operator} ${literal(value)}`;
  }
}

const name = (text) => (/^[a-z_][a-z0-9_]*$/i.test(text) ? text : `\`${text.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``);
const quoted = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const called = (measure, column) => (MEASURES[measure] ? `${measure}(${name(column)})` : measure);
const alias = (measure, column) => (MEASURES[measure] ? name(`${measure}_${column}`) : "rows");
