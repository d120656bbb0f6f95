// A user's events by session, the latest session first: when, what, about what, and what it was worth.
import { h } from "../lib/dom.js";
import { count, country, duration, longDay, money, seconds, time, words } from "../lib/format.js";
import { eventToken } from "../lib/palette.js";

export function drawSessions({ timeline }, _, card) {
  const sessions = new Map();
  for (const row of timeline.data) {
    const key = row.session_id || `${row.event_timestamp.slice(0, 10)} without a session`;
    if (!sessions.has(key)) sessions.set(key, []);
    sessions.get(key).push(row);
  }
  card.view.querySelector(".table-wrap").replaceChildren(...[...sessions.values()].map(session));
}

function session(events) {
  const [last, first] = [events[0], events.at(-1)];
  const began = first.event_timestamp;
  const length = Date.parse(last.event_timestamp) - Date.parse(began);
  const about = [
    `${count(events.length)} ${events.length === 1 ? "event" : "events"}`,
    length > 0 && duration(length),
    last.device_type && words(last.device_type),
    last.browser,
    last.country !== "ZZ" && country(last.country),
  ];
  return h(
    "section",
    { class: "session" },
    h("h3", { text: `${longDay(began)}, ${time(began)}` }),
    h("p", { class: "muted", text: about.filter(Boolean).join(" · ") }),
    h("ol", {}, events.map(event)),
  );
}

function event(row) {
  const worth = row.revenue || row.value;
  return h(
    "li",
    { class: "session-event" },
    h("time", { datetime: row.event_timestamp, text: seconds(row.event_timestamp) }),
    h("span", { class: "tag" }, h("span", { class: "swatch", style: { "--swatch": `var(--${eventToken(row.event_type)})` } }), words(row.event_type)),
    h("span", { class: "event-about", text: subject(row) }),
    h("span", { class: "num", text: worth ? money(worth) : "" }),
  );
}

function subject(row) {
  if (row.search_term) return `“${row.search_term}”`;
  if (row.order_id) return `order ${row.order_id}`;
  return row.page_url || (row.product_id !== "0" ? `product ${row.product_id}` : "");
}
