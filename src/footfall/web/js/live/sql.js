// The SQL box: a statement with its parameters, run as the store's read-only user; its error in place, its result
// as a table, chart or JSON, its plan in words; what ran before; saving as a named query.
import { ApiError, post } from "../lib/api.js";
import { queries } from "../lib/ask.js";
import { byId, h, page } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { keep } from "../lib/nav.js";
import { filledIn } from "../lib/sheet.js";
import { COLUMNS, EXAMPLES, FIRST, FUNCTIONS } from "./examples.js";
import { past, remember } from "./history.js";
import { placeOf } from "./mark.js";
import { Params } from "./params.js";
import { planOf, planView } from "./plan.js";
import { Result, statusOf } from "./result.js";
import { Saver } from "./save.js";
import { keepTab } from "./tabs.js";

const ESTIMATE_AFTER_MS = 600;

// What may help, by the kind of error; each is beside the store's own words.
const ADVICE = {
  LIMIT_EXCEEDED: "A narrower statement passes: a shorter period, fewer columns, or a LIMIT.",
  OVERLOADED: "The database is busy or the statement takes too long. Try again, or ask for less.",
};

/** A named query as it stands in the box: its defaults filled in, but for times and what must be given. */
function statementOf({ name, title, sql, parameters }) {
  const known = parameters.filter(({ type, required }) => !required && !type.startsWith("Date"));
  return { name, title, sql: filledIn(sql, Object.fromEntries(known.map(({ name: key, default: value }) => [key, value]))) };
}

export class SqlBox {
  #editor;
  #starting;
  #abort;
  #estimate;
  #text = FIRST;
  #ran;
  #run = byId("sql-run");
  #cancel = byId("sql-cancel");
  #status = byId("sql-status");
  #cost = byId("sql-cost");
  #box = byId("sql-result");
  #result = new Result(this.#box);
  #params = new Params(byId("sql-params"), () => this.#estimateSoon());
  #saver = new Saver(() => ({ sql: this.#editor.text, params: this.#params.values, columns: this.#columns }));
  #columns = [];

  constructor() {
    this.#run.addEventListener("click", () => this.run());
    this.#cancel.addEventListener("click", () => this.#abort?.abort());
    byId("sql-plan").addEventListener("click", () => this.#explain());
    this.#offer("sql-examples", () => Object.entries(EXAMPLES));
    this.#offer("sql-history", () => past().map((text) => [text.replace(/\s+/g, " ").slice(0, 80), text]));
  }

  /** A list that is made when it is opened, and puts what is chosen into the editor. */
  #offer(id, entries) {
    const list = byId(id);
    const first = list.firstElementChild;
    const fill = () => list.replaceChildren(first, ...entries().map(([label, text]) => h("option", { value: text, text: label })));
    fill();
    list.addEventListener("focus", fill);
    list.addEventListener("change", () => {
      if (list.value) this.open(list.value);
      list.value = "";
    });
  }

  /** Loads the editor when the tab is first shown. */
  show() {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Puts a statement into the editor; it is run when the person says so. */
  async open(text, params = {}) {
    this.#text = text;
    await this.show();
    this.#params.values = params;
    this.#editor.text = text;
    this.#changed();
    this.#editor.focus();
  }

  /** The same from an address: `text`, and a value for each parameter. */
  openAddress(given) {
    const { text, ...params } = Object.fromEntries(given);
    return this.open(text, params);
  }

  async #start() {
    const { makeEditor } = await import("./editor.js");
    const place = byId("sql-editor");
    place.replaceChildren();
    const [run, changed] = [() => this.run(), () => this.#changed()];
    this.#editor = makeEditor(place, { text: this.#text, nonce: page.nonce, run, changed });
    this.#params.follow(this.#text);
    this.#know();
  }

  /** Names for completion; without them everything else works. */
  async #know() {
    try {
      const [columns, functions, named] = await Promise.all([
        post("/api/sql", { sql: COLUMNS }),
        post("/api/sql", { sql: FUNCTIONS }),
        queries(),
      ]);
      const schema = {};
      for (const [table, column] of columns.data) (schema[table] ??= []).push(column);
      this.#editor.know({ schema, functions: functions.data[0][0].split(" "), queries: [...named.values()].map(statementOf) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #changed() {
    this.#editor.mark();
    this.#params.follow(this.#editor.text);
    this.#estimateSoon();
  }

  #estimateSoon() {
    this.#cost.textContent = "";
    clearTimeout(this.#estimate);
    this.#estimate = setTimeout(() => this.#tellCost(), ESTIMATE_AFTER_MS);
  }

  /** The estimated cost, before anything is run; silence where there is nothing to estimate yet. */
  async #tellCost() {
    const text = this.#editor.text;
    if (!/^\s*(select|with)\b/i.test(text)) return;
    try {
      const { data } = await post("/api/sql/cost", { sql: text, params: this.#params.values });
      if (text === this.#editor.text) this.#cost.textContent = data ? `reads about ${count(data.rows)} rows` : "";
    } catch {
      this.#cost.textContent = "";
    }
  }

  run() {
    const text = this.#editor.text;
    return this.#during(async (signal) => {
      const params = this.#params.values;
      keepTab("sql", { ...params, text });
      if (this.#ran !== undefined && this.#ran !== text) keep({ shown: null }); // what suits another is shown as a table
      this.#ran = text;
      const answer = await post("/api/sql", { sql: text, params }, signal);
      remember(text);
      this.#columns = answer.meta.columns;
      this.#saver.ready(text, answer.meta.columns);
      this.#status.textContent = statusOf(answer);
      this.#result.show(answer);
    });
  }

  #explain() {
    return this.#during(async (signal) => {
      const plan = await planOf(this.#editor.text, this.#params.values, signal);
      this.#status.textContent = "";
      this.#result.replace(planView(plan));
    }, "EXPLAIN indexes = 1, projections = 1 ".length);
  }

  /** Does something that can be cancelled and may be refused; `before` characters stand before the text in it. */
  async #during(work, before = 0) {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#busy(true);
    this.#status.textContent = "Running …";
    this.#editor.mark();
    try {
      await work(abort.signal);
    } catch (error) {
      if (error.name === "AbortError") {
        if (this.#abort === abort) this.#status.textContent = "Cancelled.";
      } else if (error instanceof ApiError) this.#showError(error, before);
      else throw error;
    } finally {
      if (this.#abort === abort) this.#busy(false);
    }
  }

  #busy(busy) {
    this.#run.disabled = busy;
    this.#cancel.disabled = !busy;
    this.#box.classList.toggle("dimmed", busy);
  }

  #showError(error, before) {
    this.#status.textContent = "";
    const name = error.where.store_name ?? error.name;
    const code = error.where.store_code;
    const advice = ADVICE[error.name];
    if (!before) this.#editor.mark(placeOf(error.message, this.#editor.text));
    this.#result.replace(
      h(
        "div",
        { class: "sql-error", role: "alert" },
        h("strong", { text: code ? `${name} (${code})` : name }),
        h("pre", { text: error.message }),
        advice && h("p", { class: "muted", text: advice }),
      ),
    );
  }
}
