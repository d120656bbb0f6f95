// The stream of events, the newest on top: one line an event, held still while it is being read. It is one stop of the
// Tab key; the arrow keys go from line to line, and to the user of a line. Its filters are in the address; the server is
// asked for what they leave, and until its answer comes they choose among the lines that are here.
import { tool } from "../lib/card.js";
import { byId, h } from "../lib/dom.js";
import { count, country, duration, money, seconds, shortId, words } from "../lib/format.js";
import { keep, put } from "../lib/nav.js";
import { eventToken } from "../lib/palette.js";
import { download, toCsv } from "../lib/table.js";
import { openEvent } from "./details.js";
import { explainStream } from "./explained.js";

const SHOWN = 200;
const LONGEST = 200; // characters of a filter
const QUIET_AFTER_MS = 2000; // nothing more came: what came before is no longer of this second
const TYPING_MS = 300; // a filter that has changed so lately may change on
const MOVING = 5; // lines that may slide in at once; more of them would be a flicker
const FILE = [
  ...["event_timestamp", "ingested_at", "event_type", "external_id", "user_id", "session_id", "product_id", "order_id", "page_url"],
  ...["search_term", "device_type", "browser", "country", "revenue", "value", "event_id"],
].map((key) => ({ key, label: key }));

export class Stream {
  #list = byId("stream");
  #more = byId("stream-more");
  #held = byId("stream-held");
  #type = byId("stream-type");
  #country = byId("stream-country");
  #text = byId("stream-text");
  #pause = byId("stream-pause");
  #kept = [];
  #waiting = [];
  #types = new Set();
  #countries = new Set();
  #said = ["", "", ""];
  #missed = 0;
  #second = { at: 0, left: 0, before: 0 };
  #quiet;
  #asked = "";
  #asking;
  #anew = false;
  #plain = false;

  /** Is called where the server is to be asked for something else. */
  onFilter = () => {};

  constructor() {
    this.#filterAsSaid();
    window.addEventListener("popstate", () => this.#filterAsSaid());
    this.#type.addEventListener("change", ({ target }) => this.#choose({ event_type: target.value }));
    this.#country.addEventListener("change", ({ target }) => this.#choose({ country: target.value }));
    this.#text.addEventListener("input", () => {
      keep({ find: this.#text.value });
      this.#filterAsSaid();
    });
    this.#pause.addEventListener("click", () => {
      const paused = this.#pause.getAttribute("aria-pressed") !== "true";
      this.#pause.setAttribute("aria-pressed", String(paused));
      this.#release();
    });
    this.#list.addEventListener("mouseleave", () => this.#release());
    this.#list.addEventListener("focusout", () => this.#release());
    document.addEventListener("selectionchange", () => this.#release());
    this.#held.addEventListener("click", () => this.#flush());
    this.#list.addEventListener("keydown", (event) => this.#move(event));
    const file = () => download("stream.csv", toCsv(FILE, this.#shown()));
    const tools = [tool("save", { label: "Export as CSV", about: "Stream" }, file), tool("how", { label: "How is this computed?", about: "Stream" }, explainStream)];
    byId("card-stream").querySelector(".card-tools").append(...tools);
  }

  /** Takes a frame: events, the oldest first, and how many there were. */
  push({ at, events, count: total, one_in: oneIn }) {
    this.#tellMore(total, events.length, this.#asked && (this.#plain || oneIn > 1));
    if (this.#anew && !this.#reading()) this.#kept = [];
    const newest = events.at(-1);
    if (newest && total) byId("stream-lag").textContent = `sent ${duration(Date.parse(at) - Date.parse(newest.ingested_at))} after it was accepted`;
    // After an interruption the server may send some again.
    const known = new Set([...this.#kept, ...this.#waiting].map((event) => event.event_id));
    this.#waiting.push(...events.filter((event) => !known.has(event.event_id)));
    this.#waiting.splice(0, this.#waiting.length - SHOWN);
    for (const { event_type: type, country: code } of events) {
      offer(this.#types, this.#type, type, words);
      if (code && code !== "ZZ") offer(this.#countries, this.#country, code, country);
    }
    if (this.#reading()) this.#showHeld();
    else if (this.#anew) this.#begin();
    else this.#flush();
    this.#anew = false;
  }

  /** What the server is asked: for the events that the filters leave. */
  address() {
    this.#asked = this.#query();
    return this.#asked && !this.#plain ? `/events?${this.#asked}` : "/events";
  }

  /** Where the server does not take the filters, it is asked for everything, and the other way round. */
  refused() {
    this.#plain = !this.#plain;
  }

  #query() {
    const filters = ["event_type", "country", "find"].map((name, index) => [name, this.#said[index].trim().slice(0, LONGEST)]);
    return String(new URLSearchParams(filters.filter(([, value]) => value)));
  }

  /** Asks the server anew where the filters are others, once they have stayed so for a moment. */
  #ask() {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => {
      if (this.#query() === this.#asked) return;
      this.#anew = true;
      this.#plain = false;
      this.onFilter();
    }, TYPING_MS);
  }

  /** Shows events of this country alone, or of all where it is chosen already. */
  onlyCountry(code) {
    this.#choose({ country: this.#country.value === code ? "" : code });
  }

  /** Shows events of this type alone, likewise. */
  onlyType(type) {
    this.#choose({ event_type: this.#type.value === type ? "" : type });
  }

  /** Puts filters into the address, and shows what is left by them. */
  #choose(filters) {
    put(filters);
    this.#filterAsSaid();
  }

  #filterAsSaid() {
    const given = new URLSearchParams(location.search);
    const said = ["event_type", "country", "find"].map((name) => given.get(name) ?? "");
    if (said.every((value, index) => value === this.#said[index])) return;
    this.#said = said;
    const [type, code, text] = said;
    if (type) offer(this.#types, this.#type, type, words);
    if (code) offer(this.#countries, this.#country, code, country);
    [this.#type.value, this.#country.value, this.#text.value] = [type, code, text];
    this.redraw();
    this.#ask();
  }

  /** What came while the stream was interrupted is kept no longer. */
  interrupted() {
    byId("stream-missed").textContent = "some events of an interruption are missing";
  }

  /** Frames that this page was too slow to take. */
  missed(frames) {
    this.#missed += frames;
    byId("stream-missed").textContent = `${count(this.#missed)} frames missed`;
  }

  #move(event) {
    const current = event.target.closest("li");
    const next = {
      ArrowDown: () => (current ? current.nextElementSibling : this.#list.firstElementChild)?.querySelector("button"),
      ArrowUp: () => (current?.previousElementSibling ? current.previousElementSibling.querySelector("button") : this.#list),
      ArrowRight: () => current?.querySelector("a"),
      ArrowLeft: () => current?.querySelector("button"),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    next()?.focus();
  }

  #reading() {
    const selection = document.getSelection();
    return (
      this.#pause.getAttribute("aria-pressed") === "true" ||
      this.#list.matches(":hover") ||
      this.#list.contains(document.activeElement) ||
      (!selection.isCollapsed && this.#list.contains(selection.anchorNode))
    );
  }

  #release() {
    // The pointer's and the focus's new place are known one turn later.
    setTimeout(() => {
      if (this.#waiting.length && !this.#reading()) this.#flush();
    });
  }

  #showHeld() {
    const waiting = this.#waiting.filter((event) => this.#wanted(event)).length;
    this.#held.textContent = waiting === SHOWN ? `${SHOWN} or more new` : `${count(waiting)} new`;
    this.#held.classList.toggle("invisible", waiting === 0);
  }

  /** Begins with what the server sent first, which was here before. */
  #begin() {
    this.#kept = this.#waiting.toReversed();
    this.#waiting = [];
    this.#held.classList.add("invisible");
    this.redraw();
  }

  #flush() {
    const events = this.#waiting;
    this.#waiting = [];
    this.#held.classList.add("invisible");
    this.#kept = [...events.toReversed(), ...this.#kept].slice(0, SHOWN);
    const lines = events.filter((event) => this.#wanted(event)).map(line).reverse();
    if (lines.length <= MOVING) for (const element of lines) element.classList.add("event-arriving");
    this.#list.prepend(...lines);
    while (this.#list.childElementCount > SHOWN) this.#list.lastElementChild.remove();
    byId("stream-empty").hidden = this.#list.childElementCount > 0;
  }

  /** Draws the lines anew, as after a change of the time zone. */
  redraw() {
    this.#list.replaceChildren(...this.#shown().map(line));
    byId("stream-empty").hidden = this.#list.childElementCount > 0;
  }

  /** The events that the filters leave, the newest first. */
  #shown() {
    return this.#kept.filter((event) => this.#wanted(event));
  }

  #wanted(event) {
    if (this.#type.value && event.event_type !== this.#type.value) return false;
    if (this.#country.value && event.country !== this.#country.value) return false;
    const text = this.#text.value.trim().toLowerCase();
    if (!text) return true;
    const fields = [event.external_id, event.user_id, event.country, event.page_url, event.product_id, event.order_id, event.search_term];
    return fields.some((field) => String(field ?? "").toLowerCase().includes(text));
  }

  /** At high rates only a sample is sent; the rest is told as a number: of this second, or of the one that is over. */
  #tellMore(total, shown, sampled) {
    const now = Math.floor(Date.now() / 1000);
    const { at, left } = this.#second;
    if (now !== at) this.#second = { at: now, left: 0, before: now === at + 1 ? left : 0 };
    this.#second.left += Math.max(0, total - shown);
    const most = Math.max(this.#second.left, this.#second.before);
    this.#more.textContent = (most ? `and ${count(most)} more this second` : "") + (sampled ? " (found in a sample)" : "");
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => (this.#more.textContent = ""), QUIET_AFTER_MS);
  }
}

/** Adds a value to a list of choices, in its order, without changing what is chosen. */
function offer(known, choice, value, name) {
  if (known.has(value)) return;
  known.add(value);
  const options = [...known].sort().map((one) => h("option", { value: one, text: name(one) }));
  const chosen = choice.value;
  choice.replaceChildren(choice.options[0], ...options);
  choice.value = chosen;
}

/** What an event is about, in a few words; the event's type says already what kind of thing an id names. */
function about(event) {
  if (event.search_term) return `“${event.search_term}”`;
  if (event.order_id) return shortId(event.order_id, 11);
  return pathOf(event.page_url) || (event.product_id !== "0" ? `product ${event.product_id}` : "");
}

/** The same in full, for the pointer. */
function inFull(event) {
  return event.order_id ? `order ${event.order_id}` : event.page_url || about(event);
}

/** The shop's own id of a user, linked to the timeline, which knows users by Footfall's. */
function userOf(event) {
  if (event.user_id === "0") return h("span", { class: "muted", text: "nobody known" });
  const id = event.external_id || event.user_id;
  const title = `Open the timeline of user ${id}`;
  return h("a", { tabindex: "-1", href: `#timeline?user_id=${event.user_id}`, text: shortId(id, 9), title });
}

/** A page's address without the shop's own name, which is the same everywhere. */
function pathOf(url) {
  const found = /^https?:\/\/[^/]+(\/.*)?$/.exec(url);
  return found ? (found[1] ?? "/") : url;
}

function line(event) {
  const worth = event.revenue || event.value;
  return h(
    "li",
    { class: "event", "data-event-id": event.event_id },
    h(
      "button",
      { type: "button", tabindex: "-1", class: "link event-time", title: "Show the whole event", onclick: () => openEvent(event) },
      h("time", { datetime: event.event_timestamp, text: seconds(event.event_timestamp) }),
    ),
    h(
      "span",
      { class: "tag" },
      h("span", { class: "swatch", style: { "--swatch": `var(--${eventToken(event.event_type)})` } }),
      words(event.event_type),
    ),
    userOf(event),
    h("span", { class: "event-about", title: inFull(event), text: about(event) }),
    h("span", { class: "muted", text: event.country === "ZZ" ? "" : event.country }),
    h("span", { class: event.revenue ? "event-worth event-money" : "event-worth", text: worth ? money(worth) : "" }),
  );
}
