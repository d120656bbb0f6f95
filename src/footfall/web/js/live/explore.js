// Panels that ask one named query each: hours, funnel, countries, users, a user's timeline, orders.
import { ApiError, get } from "../lib/api.js";
import { tabular } from "../lib/card.js";
import { byId, h } from "../lib/dom.js";
import { count, country, tenth, words } from "../lib/format.js";
import { openSheet } from "../lib/sheet.js";
import { Table } from "../lib/table.js";
import * as funnel from "../dashboard/funnel.js";
import * as hourly from "../dashboard/hourly.js";
import { keepTab } from "./tabs.js";

const PERIODS = {
  today: ["today", "now", 1],
  "last 24 hours": ["now-24h", "now", 2],
  "last 7 days": ["today-6d", "now", 7],
  "last 30 days": ["today-29d", "now", 30],
  "last 90 days": ["today-89d", "now", 90],
  "last year": ["today-364d", "now", 365],
};
const LINKED = { user_id: "timeline" };

const period = (chosen) => ({ name: "period", label: "Period", options: Object.keys(PERIODS), value: chosen });
const choice = (name, label, options) => ({ name, label, options: ["", ...options] });

const PANELS = {
  hourly: {
    query: "hourly_activity",
    fields: [period("last 24 hours"), { name: "event_type", label: "Type of event", placeholder: "all" }],
    chart: () => hourly.drawer(null),
    answers: (answer) => ({ activity: answer }),
  },
  funnel: {
    query: "funnel",
    fields: [
      period("last 7 days"),
      { name: "steps", label: "Steps, in order", value: "product_view, add_to_cart, checkout, purchase", size: 44 },
    ],
    chart: () => funnel.drawer(),
    answers: (answer) => ({ funnel: { ...answer, data: answer.data.map((row) => ({ ...row, step: row.event_type })) } }),
  },
  countries: { query: "country_stats", fields: [period("today")] },
  lookup: {
    query: "user_lookup",
    fields: [
      { name: "country", label: "Country", placeholder: "all, or DE", size: 10 },
      choice("is_premium", "Premium", ["true", "false"]),
      { name: "registered_from", label: "Registered from", type: "date" },
      { name: "registered_to", label: "before", type: "date" },
    ],
  },
  timeline: {
    query: "user_timeline",
    fields: [{ name: "user_id", label: "User", required: true, placeholder: "1234", size: 16 }],
    every: 2000,
    empty: "No events of this user. Enter a user's id, or click a user in the stream.",
  },
  orders: {
    query: "order_history",
    fields: [
      period("last 30 days"),
      { name: "user_id", label: "User", placeholder: "all", size: 12 },
      { name: "product_id", label: "Product", placeholder: "all", size: 12 },
      choice("status", "Status", ["pending", "completed", "cancelled", "refunded", "adjusted"]),
    ],
    every: 5000,
  },
};

/** Panels by the name of their tab. */
export function makePanels() {
  return Object.fromEntries(Object.entries(PANELS).map(([name, options]) => [name, new Panel(name, options)]));
}

class Panel {
  #name;
  #options;
  #form;
  #status;
  #asked = 0;
  #box;
  #chartBox;
  #draw;
  #table;
  #answer;
  #timer;
  #shown = false;

  constructor(name, options) {
    this.#options = options;
    this.#name = `panel-${name}`;
    const place = byId(this.#name);
    this.#form = h("form", { class: "row panel-form" }, options.fields.map(field));
    this.#form.append(h("button", { class: "button button-main", type: "submit" }, "Show"));
    const how = h("button", { class: "button", type: "button" }, "How is this computed?");
    how.addEventListener("click", () => this.#answer && openSheet(this.#answer.meta.title, [{ answer: this.#answer }]));
    this.#form.append(how);
    this.#status = h("p", { class: "card-note", role: "status" });
    this.#box = h("div", { class: "table-wrap panel-table", tabindex: "0" });
    this.#chartBox = options.chart && h("div", { class: "panel-chart" }, h("div", { class: "chart chart-low" }));
    place.append(...[this.#form, this.#status, this.#chartBox, this.#box].filter(Boolean));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      keepTab(name, [...new FormData(this.#form)].filter(([, value]) => value));
      this.load();
    });
  }

  /** Asks as the form says, or as the address does that opens the tab. */
  show(given) {
    this.#shown = true;
    if (given) this.#form.reset();
    for (const [name, value] of given ?? []) {
      const input = this.#form.elements[name];
      if (input) input.value = value;
    }
    if (this.#form.checkValidity()) this.load();
    else this.#say(this.#options.empty);
  }

  hide() {
    this.#shown = false;
    clearTimeout(this.#timer);
  }

  async load() {
    clearTimeout(this.#timer);
    const asked = ++this.#asked; // only the latest question's answer is shown
    const params = {};
    let days = 1;
    for (const [name, value] of new FormData(this.#form)) {
      if (name === "period") [params.from, params.to, days] = PERIODS[value];
      else params[name] = value;
    }
    try {
      const answer = await get(`/api/query/${this.#options.query}`, params);
      if (asked !== this.#asked) return;
      this.#answer = answer;
      this.#show(days);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (asked !== this.#asked) return;
      this.#say(error.message, true);
    }
    if (this.#options.every && this.#shown) this.#timer = setTimeout(() => this.load(), this.#options.every);
  }

  #show(days) {
    const { data, meta } = this.#answer;
    if (!data.length) this.#say(this.#options.empty ?? "Nothing found.");
    else {
      const rows = `${count(data.length)} ${data.length === 1 ? "row" : "rows"}`;
      this.#say(`${rows} · ${tenth(meta.elapsed_ms)} ms${this.#options.every ? " · refreshed as it happens" : ""}`);
    }
    if (this.#chartBox && data.length) {
      this.#draw ??= this.#options.chart();
      this.#draw(this.#options.answers(this.#answer), { days, words: "the period", zone: "UTC" }, { view: this.#chartBox });
    }
    if (!this.#table) {
      this.#table = new Table(columnsOf(this.#answer), { caption: meta.title, name: this.#name });
      this.#box.replaceChildren(this.#table.element);
    }
    this.#table.update(data);
  }

  #say(text, wrong = false) {
    this.#status.textContent = text ?? "";
    this.#status.classList.toggle("card-error", wrong);
  }
}

function columnsOf(answer) {
  return tabular(answer).columns.map((column) => {
    if (column.key === "country") return { ...column, value: (row) => country(row.country) };
    if (column.key === "event_type") return { ...column, value: (row) => words(row.event_type) };
    if (!(column.key in LINKED)) return column;
    const link = (row) =>
      row[column.key] === "0" ? "–" : h("a", { href: `#timeline?user_id=${row[column.key]}`, text: row[column.key] });
    return { ...column, cell: link };
  });
}

let fields = 0;

function field({ name, label, options, value, ...rest }) {
  const id = `field-${(fields += 1)}`;
  const option = (text) => h("option", { value: text, text: text || "all", selected: text === value });
  const input = options
    ? h("select", { id, name }, options.map(option))
    : h("input", { id, name, value, type: "text", autocomplete: "off", spellcheck: "false", ...rest });
  return h("div", { class: "field" }, h("label", { for: id, text: label }), input);
}
