// The whole of an event, in the side sheet: what the stream brought at once, the rest as soon as it is read.
import { ApiError, get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { moment, words } from "../lib/format.js";
import { openPanel } from "../lib/sheet.js";

const TIMES = new Set(["event_timestamp", "ingested_at"]);

export async function openEvent(event) {
  const list = h("dl", { class: "facts" });
  const note = h("p", { class: "card-note", role: "status", text: "\u00a0" });
  const fill = (fields) => list.replaceChildren(...Object.entries(fields).filter(given).flatMap(row));
  fill(event);
  openPanel(words(event.event_type), [list, note]);
  try {
    const { data } = await get("/api/query/event_search", { event_id: event.event_id, limit: 1 });
    if (data.length) fill({ ...event, ...data[0] });
    else note.textContent = "The store shows it a moment later than the stream.";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    note.textContent = error.message;
  }
}

const given = ([, value]) => value !== null && value !== "" && value !== "0" && value !== 0;

function row([name, value]) {
  const text = TIMES.has(name) ? `${moment(value)} (${value})` : String(value);
  return [h("dt", { text: name.replaceAll("_", " ") }), h("dd", { text })];
}
