// The whole of an event, in the side sheet: what the stream brought at once, the rest as soon as it is read. The
// shop's own properties are read as the SQL box reads, which the server refuses to all but admins.
import { ApiError, get, post } from "../lib/api.js";
import { h, page } from "../lib/dom.js";
import { moment, words } from "../lib/format.js";
import { openPanel } from "../lib/sheet.js";

const TIMES = new Set(["event_timestamp", "ingested_at"]);
const NOTHING = new Set([null, "", "0", 0, "{}"]);
const PROPERTIES = `SELECT properties
FROM events
WHERE event_type = {type:String} AND event_date = {day:Date} AND event_id = {id:UUID}
LIMIT 1`;

export async function openEvent(event) {
  const list = h("dl", { class: "facts" });
  const note = h("p", { class: "card-note", role: "status", text: "\u00a0" });
  const fill = (fields) => list.replaceChildren(...Object.entries(fields).filter(given).flatMap(row));
  fill(event);
  openPanel(words(event.event_type), [list, note]);
  try {
    const [found, properties] = await Promise.all([columnsOf(event), page.role === "admin" ? propertiesOf(event) : ""]);
    if (found) fill({ ...event, ...found, properties });
    else note.textContent = "The store does not hold it any more: it was erased, or has expired.";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    note.textContent = error.message;
  }
}

/** Looked for at its own time, however late or early that is. */
async function columnsOf({ event_id: id, event_type: type, event_timestamp: from }) {
  const to = new Date(Date.parse(from) + 1).toISOString();
  const { data } = await get("/api/query/event_search", { event_id: id, event_type: type, from, to, limit: 1 });
  return data[0];
}

async function propertiesOf({ event_id: id, event_type: type, event_timestamp: at }) {
  const { data } = await post("/api/sql", { sql: PROPERTIES, params: { id, type, day: at.slice(0, 10) } });
  return data[0]?.[0] ?? "";
}

const given = ([, value]) => !NOTHING.has(value);

function row([name, value]) {
  const text = TIMES.has(name) ? `${moment(value)} (${value})` : String(value);
  return [h("dt", { text: name.replaceAll("_", " ") }), h("dd", { text })];
}
