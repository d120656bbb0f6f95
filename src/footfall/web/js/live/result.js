// A result of the SQL box: as a table, as the chart that suits it, or as JSON, as the address says it (`shown=pie`);
// and as a file.
import { h } from "../lib/dom.js";
import { count, tenth } from "../lib/format.js";
import { put } from "../lib/nav.js";
import { download, toCsv } from "../lib/table.js";
import { grid } from "./grid.js";
import { chartOf, kindsFor } from "./shapes.js";

const NULL = "ᴺᵁᴸᴸ";
const NAMES = { table: "Table", json: "JSON", line: "Line", bar: "Bars", pie: "Pie", map: "Map" };

/** What is to be said of a result, in one line. */
export function statusOf({ data, meta }) {
  if (!meta.columns.length || (meta.cut && !data.length)) return `${tenth(meta.elapsed_ms)} ms`;
  const rows = `${count(meta.rows)} ${meta.rows === 1 ? "row" : "rows"}`;
  const cut = meta.cut ? `, cut there: at most ${count(meta.limits.rows)} rows or ${meta.limits.bytes >> 20} MiB are shown` : "";
  return `${rows}${cut} · ${tenth(meta.elapsed_ms)} ms`;
}

export class Result {
  #place;
  #chart;
  #showAsSaid;

  constructor(place) {
    this.#place = place;
    window.addEventListener("popstate", () => this.#showAsSaid?.());
  }

  /** Shows anything else: an error, a plan, a word. */
  replace(...nodes) {
    this.#chart?.destroy();
    this.#chart = undefined;
    this.#showAsSaid = undefined;
    this.#place.replaceChildren(...nodes);
  }

  /** Shows an answer of the box. */
  show({ data, meta }) {
    if (!meta.columns.length || (meta.cut && !data.length)) {
      const why = meta.cut
        ? `The first row alone is larger than ${meta.limits.bytes >> 20} MiB, so nothing is shown. Select fewer or shorter columns.`
        : "The statement ran; it has no result.";
      this.replace(h("p", { class: "card-message", text: why }));
      return;
    }
    const view = h("div");
    const kinds = ["table", ...kindsFor(meta.columns, data), "json"];
    const buttons = kinds.map((kind) => h("button", { class: "button button-small", type: "button", text: NAMES[kind] }));
    let shown;
    const showAsSaid = () => {
      const said = new URLSearchParams(location.search).get("shown");
      const chosen = kinds.includes(said) ? said : "table";
      if (chosen === shown) return;
      shown = chosen;
      this.#chart?.destroy();
      this.#chart = undefined;
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(kinds[index] === chosen)));
      view.replaceChildren(this.#viewOf(chosen, meta.columns, data));
    };
    buttons.forEach((button, index) =>
      button.addEventListener("click", () => {
        put({ shown: kinds[index] === "table" ? null : kinds[index] });
        showAsSaid();
      }),
    );
    const save = h("button", { class: "button button-small", type: "button", text: "Export as CSV" });
    save.addEventListener("click", () => download("result.csv", csvOf(meta.columns, data)));
    this.replace(h("div", { class: "row result-views", role: "group", "aria-label": "Shown as" }, buttons, save), view);
    this.#showAsSaid = showAsSaid;
    showAsSaid();
  }

  #viewOf(kind, columns, rows) {
    if (kind === "table") return grid(columns, rows, NULL);
    if (kind === "json") return h("pre", { class: "code", tabindex: "0", text: jsonOf(columns, rows) });
    this.#chart = chartOf(kind, columns, rows);
    return this.#chart.box;
  }
}

function jsonOf(columns, rows) {
  const valueOf = (text, { numeric }) =>
    text === NULL ? null : numeric && Number.isFinite(Number(text)) && Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER ? Number(text) : text;
  const objects = rows.map((row) => Object.fromEntries(row.map((text, index) => [columns[index].name, valueOf(text, columns[index])])));
  return JSON.stringify(objects, null, 2);
}

function csvOf(columns, rows) {
  const keys = columns.map(({ name, numeric }, index) => ({
    label: name,
    value: (row) => (row[index] === NULL ? null : numeric && Number.isSafeInteger(Number(row[index])) ? Number(row[index]) : row[index]),
  }));
  return toCsv(keys, rows);
}
