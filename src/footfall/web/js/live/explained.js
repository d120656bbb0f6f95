// What the side sheet says of what no named query alone computes: the stream, and the error rate.
import { ApiError, get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { computed, openPanel } from "../lib/sheet.js";

const STREAM = [
  "Events in the order of their arrival, the newest on top: the latest 200 lines that came. This page's server reads them from the database as soon as they are there, about twice a second, once for all pages that are open.",
  "“Sent … after it was accepted”: the time from the newest event's acceptance by ingest to the moment its frame left the server. The way to the browser is not in it, nor is the time from the event itself to its acceptance: that is the ingest lag.",
  "A frame holds at most 100 events. Where more are new, it holds a fair sample, spread evenly over them, and the rest is counted: “and 1,940 more this second”. Frames that this page was too slow to take are told as missed.",
  "What the filters leave is found by the server, in all events up to 5,000 a second; where there are more, in a sample, and then the stream says so. Texts are cut after 200 characters; the whole event is behind its time. What ingest kept while the database was away comes once it is back: five minutes of it, and the number of what was before.",
  "The file holds the lines that are shown: those that the filters leave. What follows is the statement, asked now for the last ten seconds.",
];
const ERRORS = [
  "Items rejected (events, orders, users, products) of all that were accepted or rejected in the last 60 seconds; what was a duplicate is neither.",
  "It is counted by ingest itself (footfall_ingest_items_total at its /metrics), read every 3 seconds, so it is there while the database is away, and there are no rows to prove it on. Each rejected item is kept with its reason as a dead letter.",
];

const paragraphs = (texts) => texts.map((text) => h("p", { text }));

/** Opens the sheet about the stream. */
export async function explainStream() {
  const statement = h("div", { class: "stack" }, h("p", { class: "card-message", text: "Reading …" }));
  openPanel("Stream", [h("div", { class: "stack" }, paragraphs(STREAM)), statement]);
  try {
    statement.replaceChildren(computed({ answer: await get("/api/query/latest_events", { after: "now-10s", limit: 100 }) }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    statement.replaceChildren(h("p", { class: "card-message", text: error.message }));
  }
}

/** What the sheet of the figures says of the error rate. */
export const aboutErrors = () => [h("section", { class: "stack" }, h("h3", { text: "Error rate" }), paragraphs(ERRORS))];
