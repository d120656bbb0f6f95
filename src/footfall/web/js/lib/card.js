// A card: asks for its answers, draws them, and shows what is loading, empty, stale or wrong.
import { byId, h } from "./dom.js";
import { time, zoneName } from "./format.js";
import { ApiError } from "./api.js";
import { ask, ignoredWords } from "./ask.js";
import { icon } from "./icons.js";
import { listed, put } from "./nav.js";
import { comparable, goneWords, reachWords } from "./reach.js";
import { openSheet } from "./sheet.js";
import { Table, download, toCsv } from "./table.js";

const ESTIMATED = "large distinct counts are estimates";
const UNITS = { count: "int", money: "money", percent: "pct", time: "time", day: "day", flag: "flag", ms: "duration" };
const DIM_AFTER_MS = 120;

/**
 * `options`: requests(view) → {name: [query, params]}, later(view) the same of what takes long; draw(answers, view,
 * card); and, where they differ from the first answer's own: table(answers, view) → {columns, rows},
 * isEmpty(answers), empty (why, and what would fill it), sources(answers) → [{label, answer}], note(view) → what the
 * note says more, about() → nodes that the side sheet has more. `plain` cards are tables already: no table button;
 * which of the others are shown as tables is in the address. A period before of which rows are missing is not drawn.
 */
export class Card {
  #options;
  #abort;
  #table;

  constructor(id, options) {
    this.id = id;
    this.#options = options;
    this.element = byId(`card-${id}`);
    this.title = this.element.querySelector("h2").textContent;
    this.body = this.element.querySelector(".card-body");
    this.view = this.element.querySelector(".card-view");
    this.note = this.element.querySelector(".card-note");
    this.noteText = this.note?.textContent ?? "";
    this.#addTools();
    if (!options.plain) {
      this.#showAsSaid();
      window.addEventListener("popstate", () => this.#showAsSaid());
    }
  }

  /** Asks anew and draws; `quiet` leaves the card as it is meanwhile. Answers whether it worked. */
  async load(view, { quiet = false } = {}) {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const dim = quiet ? undefined : setTimeout(() => this.#state("loading"), DIM_AFTER_MS);
    try {
      const requests = Object.entries(this.#options.requests(view));
      const got = await Promise.all(requests.map(([, request]) => ask(view, request, abort.signal)));
      if (abort.signal.aborted) return true;
      clearTimeout(dim);
      this.accept({ ...Object.fromEntries(requests.map(([name], index) => [name, got[index]])), ...this.#kept(view) }, view);
      this.#loadLater(view, abort.signal);
      return true;
    } catch (error) {
      if (error.name === "AbortError") return true;
      if (error instanceof ApiError) this.fail(error);
      else this.#broke(error);
      return !error.passing;
    } finally {
      clearTimeout(dim);
    }
  }

  /** What takes longer than the card should: drawn when it comes, missed by nobody where it does not. */
  async #loadLater(view, signal) {
    const later = Object.entries(this.#options.later?.(view) ?? {});
    try {
      const got = await Promise.all(later.map(([, request]) => ask(view, request, signal)));
      if (later.length && !signal.aborted) {
        this.accept({ ...this.answers, ...Object.fromEntries(later.map(([name], index) => [name, got[index]])) }, view);
      }
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof ApiError)) throw error;
    }
  }

  /** Later answers of the same view, until they are asked anew. */
  #kept(view) {
    const names = view === this.lastView ? Object.keys(this.#options.later?.(view) ?? {}) : [];
    return Object.fromEntries(names.filter((name) => this.answers?.[name]).map((name) => [name, this.answers[name]]));
  }

  /** Draws answers, as they came or were pushed. */
  accept(answers, view) {
    this.answers = answers;
    this.loadedAt = Date.now();
    this.lastView = view;
    this.#show();
  }

  get first() {
    return Object.values(this.answers)[0];
  }

  /** Draws what it has again, as after a change of its controls. */
  redraw() {
    if (this.answers) this.#show();
  }

  #show() {
    this.#message();
    try {
      this.#tellNotes();
      const nothing = this.#nothing();
      this.#state(nothing ? "empty" : "ready");
      if (nothing) return this.#message(nothing);
      this.#options.draw(comparable(this.answers), this.lastView, this);
      if (this.tableBox) this.#fillTable();
    } catch (error) {
      this.#broke(error);
    }
  }

  #tellNotes() {
    if (!this.note) return;
    const { answers, lastView: view } = this;
    const more = [this.#options.note?.(view), this.first.meta.estimates?.length && ESTIMATED, ...reachWords(answers, view), ignoredWords(answers)];
    this.note.textContent = [this.noteText, ...more].filter(Boolean).join(" · ");
  }

  /** Why there is nothing to draw, where there is nothing. */
  #nothing() {
    const { isEmpty, empty = "Nothing happened in this period. Choose a longer one, or fewer filters." } = this.#options;
    return goneWords(this.first) || ((isEmpty ? isEmpty(this.answers) : this.first.data.length === 0) && empty);
  }

  /** An error of our own stops this card alone; the browser's log has it. */
  #broke(error) {
    reportError(error);
    this.#state("error");
    this.#message(`This card could not be drawn: ${error.message}`);
  }

  /** What passes by itself is told once, in the notice; the store's own words are for what does not. */
  fail(error) {
    this.#state(this.answers ? "stale" : "error");
    const why = error.passing ? "" : ` ${error.message}`;
    if (this.answers) this.note.textContent = `Not refreshed since ${time(this.loadedAt)} ${zoneName()}.${why}`;
    else this.#message(error.passing ? "Comes as soon as the database answers." : error.message);
  }

  #state(state) {
    this.element.dataset.state = state;
    this.element.setAttribute("aria-busy", String(state === "loading"));
    // What is loading or stale keeps what it shows: its figures, or the words in their place.
    if (["ready", "empty", "error"].includes(state)) this.view.classList.toggle("unseen", state !== "ready");
  }

  #message(text) {
    this.body.querySelector(":scope > .card-message")?.remove();
    if (text) this.body.append(h("div", { class: "card-message", text }));
  }

  #addTools() {
    const tools = this.element.querySelector(".card-tools");
    if (!tools) return;
    const of = (label) => ({ label, about: this.title });
    if (!this.#options.plain) tools.append(tool("table", of("Show as a table"), () => this.#toggleTable()));
    tools.append(tool("save", of("Export as CSV"), () => this.#export()));
    tools.append(tool("how", of("How is this computed?"), () => this.how()));
  }

  /** Opens the side sheet for what is shown. */
  how() {
    if (!this.answers) return;
    const { sources, about } = this.#options;
    openSheet(this.title, sources ? sources(this.answers) : Object.values(this.answers).map((answer) => ({ answer })), about?.());
  }

  #export() {
    if (!this.answers) return;
    const { columns, rows } = this.#tabular();
    download(`${this.id}.csv`, toCsv(columns, rows));
  }

  #tabular() {
    return this.#options.table?.(comparable(this.answers), this.lastView) ?? tabular(this.first);
  }

  #toggleTable() {
    const others = listed("tables").filter((id) => id !== this.id);
    put({ tables: (this.tableBox ? others : [...others, this.id]).join(",") });
    this.#showAsSaid();
  }

  /** Shows the table or the chart, as the address says. */
  #showAsSaid() {
    const asTable = listed("tables").includes(this.id);
    if (asTable === Boolean(this.tableBox)) return;
    const button = this.element.querySelector(".card-tools [aria-pressed]");
    button.setAttribute("aria-pressed", String(asTable));
    button.title = asTable ? "Show as a chart" : "Show as a table";
    button.ariaLabel = `${button.title}: ${this.title}`;
    const height = this.body.clientHeight;
    this.view.classList.toggle("hidden", asTable);
    this.tableBox?.remove();
    this.tableBox = undefined;
    this.#table = undefined;
    if (!asTable) {
      this.redraw();
      return;
    }
    const style = { height: `${Math.max(height, 240)}px` };
    this.tableBox = h("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-label": this.title, style });
    this.body.append(this.tableBox);
    if (this.answers) this.#fillTable();
  }

  #fillTable() {
    const { columns, rows } = this.#tabular();
    if (!this.#table) {
      this.#table = new Table(columns, { caption: this.title, name: this.id });
      this.tableBox.replaceChildren(this.#table.element);
    }
    this.#table.update(rows);
  }
}

/** Columns and rows of an answer as it came. */
export function tabular(answer) {
  const columns = answer.meta.columns.map(({ name, unit }) => ({
    key: name,
    label: name.replaceAll("_", " "),
    type: UNITS[unit],
  }));
  return { columns, rows: answer.data };
}

/** A button in a card's corner: what it does, and to which card. */
export function tool(name, { label, about }, action) {
  const button = h("button", { class: "tool", type: "button", "aria-label": `${label}: ${about}`, title: label });
  if (name === "table") button.setAttribute("aria-pressed", "false");
  button.append(icon(name));
  button.addEventListener("click", () => action(button));
  return button;
}
