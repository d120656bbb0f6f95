// The snippet that a shop's pages load: <script defer src="…/footfall.js" data-key="ffb_…"></script>
//
// Sends page views (single-page navigation included), how long a page was looked at, and what the page reports
// with footfall(type, fields). Sets no cookie. data-storage says what is kept in the browser: "session"
// (default: the session, until the tab is closed), "local" (also an anonymous id, for good) or "none".
// Who sends Do Not Track or Global Privacy Control is left alone: nothing is kept and nothing is sent.
//
// An event gets its event_id here, once: sent again after a failure, or on leaving, it counts once.

const page = window;
const doc = document;
const script = doc.currentScript ?? doc.querySelector("script[src*='/footfall.js']");
const { key, storage = "session", hash } = script.dataset;
const url = new URL("v1/browser?key=" + encodeURIComponent(key), script.src).href;
const waiting = page.footfall?.q ?? [];

const SESSION_MS = 1_800_000;
const AT_ONCE = 40; // events of a request, as far as they have
const LETTERS = 20_000; // letters: with three bytes each they still fit what a beacon may hold, 64 KiB
const LARGEST = 8_000; // letters of an event
const KEPT = 200; // events; beyond it the oldest are given up
const TRIES = 8; // then it is tried again with the next event, or on the next page
const FIELDS = ["product_id", "order_id", "currency", "quantity"];

const store = { session: "sessionStorage", local: "localStorage" }[storage];

/** What the browser keeps under a name, as JSON; a browser that keeps nothing is fine, too. */
function kept(name, value) {
  try {
    if (value === undefined) return JSON.parse(page[store].getItem("footfall." + name));
    page[store].setItem("footfall." + name, JSON.stringify(value));
  } catch {
    /* storage is off, full or forbidden */
  }
}

function uuid() {
  // crypto.randomUUID is there on secure pages alone.
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16),
  );
}

function path() {
  return location.pathname + (hash === undefined ? "" : location.hash);
}

/** Where the visit came from: the campaign, and another site's page, without its query. */
function arrival() {
  const found = {};
  const query = new URLSearchParams(location.search);
  for (const name of ["utm_source", "utm_medium", "utm_campaign"]) {
    if (query.get(name)) found[name] = query.get(name).slice(0, 200);
  }
  try {
    const from = new URL(doc.referrer);
    if (from.host !== location.host) found.referrer = (from.origin + from.pathname).slice(0, 2000);
  } catch {
    /* no referrer */
  }
  return found;
}

let memory;

/** The session: its id, and where it came from. A new one after 30 minutes of silence. */
function session() {
  const now = Date.now();
  let current = memory ?? kept("session");
  if (!current || now - current.at > SESSION_MS) current = { id: uuid(), from: arrival() };
  current.at = now;
  memory = current;
  kept("session", current);
  return current;
}

function shopper() {
  if (storage !== "local") return undefined;
  let id = kept("id");
  if (!id) kept("id", (id = uuid()));
  return id;
}

// Events that are not acknowledged yet. `at` becomes age_ms when they are sent.
let events = [].concat(kept("unsent") ?? []);
let sending = false;
let failures = 0;
let timer;

function body(some) {
  return JSON.stringify(some.map(({ at, ...event }) => ({ ...event, age_ms: Math.max(0, Date.now() - at) })));
}

function add(event_type, fields) {
  const { id, from } = session();
  const event = { event_type, event_id: uuid(), at: Date.now(), page_url: path().slice(0, 2000), ...from, ...fields };
  if (storage !== "none") event.session_id = id;
  if (shopper()) event.anonymous_id = shopper();
  if (JSON.stringify(event).length > LARGEST) {
    console.warn(`footfall: this ${event_type} is too large`);
    return;
  }
  events = [...events, event].slice(-KEPT);
  later(0);
}

function later(ms) {
  clearTimeout(timer);
  timer = setTimeout(send, ms);
}

/** The next events, as many as one request takes. */
function batch() {
  let letters = 0;
  return events.slice(0, AT_ONCE).filter((event) => (letters += JSON.stringify(event).length) < LETTERS);
}

async function send() {
  if (sending || !events.length) return;
  sending = true;
  const some = batch();
  let again = true;
  try {
    // A text needs no preflight; keepalive lets it outlive the page.
    const answer = await fetch(url, { method: "POST", body: body(some), keepalive: true, credentials: "omit" });
    again = answer.status === 429 || answer.status >= 500;
  } catch {
    /* nobody answered */
  }
  sending = false;
  if (again) {
    failures++;
  } else {
    failures = 0;
    events = events.filter((event) => !some.includes(event));
  }
  kept("unsent", failures ? events : []);
  if (events.length && failures < TRIES) later(again ? 500 * 2 ** failures : 0);
}

/** On leaving there is no time for answers: what is unsent goes as a beacon, and waits for the next page
    where sending has failed before. */
function flush() {
  const some = batch();
  if (some.length && navigator.sendBeacon(url, body(some)) && !failures) {
    events = events.filter((event) => !some.includes(event));
  }
  kept("unsent", events);
}

// How long the page was looked at since that was last told.
let shown;
let since = 0;
let looked = 0;

function look() {
  since = doc.hidden ? 0 : performance.now();
}

function leave() {
  if (since) looked += performance.now() - since;
  since = 0;
  const seconds = Math.round(looked / 1000);
  if (seconds) add("page_leave", { page_url: shown, duration_seconds: seconds });
  looked = 0;
}

function view() {
  if (shown === path()) return;
  if (shown !== undefined) leave();
  shown = path();
  look();
  add("page_view");
}

function report(event_type, fields = {}) {
  const known = {};
  const properties = {};
  for (const [name, value] of Object.entries(fields)) {
    // What a page says of money is what something is worth: revenue comes from the shop's server.
    if (name === "revenue" || name === "value") known.value = Math.round(value * 1e4) / 1e4;
    else if (name === "search_term") known[name] = String(value);
    else (FIELDS.includes(name) ? known : properties)[name] = value;
  }
  if (Object.keys(properties).length) known.properties = properties;
  add(event_type, known);
}

function start() {
  const push = history.pushState;
  history.pushState = function (...given) {
    push.apply(this, given);
    view();
  };
  page.addEventListener("popstate", view);
  if (hash !== undefined) page.addEventListener("hashchange", view);
  page.addEventListener("pageshow", (event) => {
    if (!event.persisted) return; // back from the browser's cache: the page is viewed anew
    shown = undefined;
    view();
  });
  doc.addEventListener("visibilitychange", () => {
    if (doc.hidden) {
      leave();
      flush();
    } else {
      look();
    }
  });
  page.addEventListener("pagehide", () => {
    leave();
    flush();
  });
  view();
  for (const given of waiting) report(...given);
}

const asked = page.doNotTrack ?? navigator.doNotTrack;
if (asked === "1" || asked === "yes" || navigator.globalPrivacyControl) {
  page.footfall = () => {};
} else if (!page.footfall?.id) {
  page.footfall = report;
  report.id = shopper;
  if (doc.prerendering) doc.addEventListener("prerenderingchange", start, { once: true });
  else start();
}
