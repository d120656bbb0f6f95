// The SQL box: a statement, run as the store's read-only user; its error in place, its result as a table.
import { ApiError, post } from "../lib/api.js";
import { byId, h, page } from "../lib/dom.js";
import { count, tenth } from "../lib/format.js";
import { download, toCsv } from "../lib/table.js";

const FIRST = `SELECT event_type, count() AS events, uniq(user_id) AS users
FROM events
WHERE event_date >= today()
GROUP BY event_type
ORDER BY events DESC`;

const EXAMPLES = {
  "Events of today by type": FIRST,
  "Hourly events of the last 7 days": `SELECT event_date, event_hour, SUM(event_count)
FROM mv_hourly_events
WHERE event_date >= today() - 7
GROUP BY event_date, event_hour`,
  "Conversion of the last 30 days": `WITH agg AS (
    SELECT
        countMerge(total_events) as total,
        sumMerge(page_views) as views,
        sumMerge(purchases) as purchases
    FROM mv_user_funnel
    WHERE event_date >= today() - 30
)
SELECT *, purchases * 100.0 / views as conversion_rate
FROM agg`,
  "One user's latest events": `SELECT event_type, event_timestamp, revenue
FROM events
WHERE user_id = 1234
ORDER BY event_timestamp DESC
LIMIT 50`,
  "Events of three countries today": `SELECT event_type, count() as count
FROM events
WHERE country IN ('US', 'UK', 'DE')
AND event_date >= today()
GROUP BY event_type`,
  "Tables and their columns": `SELECT table, name, type
FROM system.columns
WHERE database = 'footfall'
ORDER BY table, position`,
};

// What may help, by the kind of error; each is beside the store's own words.
const ADVICE = {
  LIMIT_EXCEEDED: "A narrower statement passes: a shorter period, fewer columns, or a LIMIT.",
  OVERLOADED: "The database is busy or the statement takes too long. Try again, or ask for less.",
};

export class SqlBox {
  #editor;
  #starting;
  #abort;
  #text = FIRST;
  #run = byId("sql-run");
  #cancel = byId("sql-cancel");
  #result = byId("sql-result");
  #status = byId("sql-status");

  constructor() {
    this.#run.addEventListener("click", () => this.run());
    this.#cancel.addEventListener("click", () => this.#abort?.abort());
    const examples = byId("sql-examples");
    examples.append(...Object.keys(EXAMPLES).map((name) => h("option", { value: name, text: name })));
    examples.addEventListener("change", () => {
      if (examples.value) this.open(EXAMPLES[examples.value]);
      examples.value = "";
    });
  }

  /** Loads the editor when the tab is first shown. */
  show() {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Puts a statement into the editor; it is run when the person says so. */
  async open(text) {
    this.#text = text;
    await this.show();
    this.#editor.text = text;
    this.#editor.focus();
  }

  async #start() {
    const { makeEditor } = await import("./editor.js");
    const place = byId("sql-editor");
    place.replaceChildren();
    this.#editor = makeEditor(place, { text: this.#text, nonce: page.nonce, run: () => this.run() });
    this.#know();
  }

  async #know() {
    try {
      const { data } = await post("/api/sql", { sql: EXAMPLES["Tables and their columns"] });
      const schema = {};
      for (const [table, column] of data) (schema[table] ??= []).push(column);
      this.#editor.know(schema);
    } catch {
      // Without names there is no completion of them; everything else works.
    }
  }

  async run() {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#busy(true);
    this.#status.textContent = "Running …";
    try {
      this.#show(await post("/api/sql", { sql: this.#editor.text }, abort.signal));
    } catch (error) {
      if (error.name === "AbortError") {
        if (this.#abort === abort) this.#status.textContent = "Cancelled.";
      } else if (error instanceof ApiError) this.#showError(error);
      else throw error;
    } finally {
      if (this.#abort === abort) this.#busy(false);
    }
  }

  #busy(busy) {
    this.#run.disabled = busy;
    this.#cancel.disabled = !busy;
    this.#result.classList.toggle("dimmed", busy);
  }

  #showError(error) {
    this.#status.textContent = "";
    const name = error.where.store_name ?? error.name;
    const code = error.where.store_code;
    const advice = ADVICE[error.name];
    this.#result.replaceChildren(
      h(
        "div",
        { class: "sql-error", role: "alert" },
        h("strong", { text: code ? `${name} (${code})` : name }),
        h("pre", { text: error.message }),
        advice && h("p", { class: "muted", text: advice }),
      ),
    );
  }

  #show({ data, meta }) {
    const rows = `${count(meta.rows)} ${meta.rows === 1 ? "row" : "rows"}`;
    const cut = meta.cut ? `, cut there: at most ${count(meta.limits.rows)} rows or ${meta.limits.bytes >> 20} MiB are shown` : "";
    this.#status.textContent = `${rows}${cut} · ${tenth(meta.elapsed_ms)} ms`;
    const save = h("button", { class: "button button-small", type: "button" }, "Export as CSV");
    save.addEventListener("click", () => download("result.csv", csvOf(meta.columns, data)));
    if (!meta.columns.length || (meta.cut && !data.length)) {
      const why = meta.cut
        ? `The first row alone is larger than ${meta.limits.bytes >> 20} MiB, so nothing is shown. Select fewer or shorter columns.`
        : "The statement ran; it has no result.";
      this.#status.textContent = `${tenth(meta.elapsed_ms)} ms`;
      this.#result.replaceChildren(h("p", { class: "card-message", text: why }));
      return;
    }
    this.#result.replaceChildren(
      h("div", { class: "table-wrap sql-table", tabindex: "0", role: "region", "aria-label": "Result" }, resultTable(meta.columns, data)),
      h("p", {}, save),
    );
  }
}

const NULL = "ᴺᵁᴸᴸ";

function resultTable(columns, rows) {
  const heads = columns.map(({ name, type, numeric }) =>
    h("th", { scope: "col", class: numeric ? "num" : "" }, name, h("span", { class: "cell-sub", text: type })),
  );
  const cell = (value, { numeric }) =>
    value === NULL
      ? h("td", { class: numeric ? "num muted" : "muted", text: "null" })
      : h("td", { class: numeric ? "num" : "", text: value });
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, heads)),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value, index) => cell(value, columns[index]))))),
  );
}

function csvOf(columns, rows) {
  const keys = columns.map(({ name, numeric }, index) => ({
    label: name,
    value: (row) => (row[index] === NULL ? null : numeric && Number.isSafeInteger(Number(row[index])) ? Number(row[index]) : row[index]),
  }));
  return toCsv(keys, rows);
}

