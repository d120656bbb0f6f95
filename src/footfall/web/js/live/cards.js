// The row of figures on top of the live page.
import { byId } from "../lib/dom.js";
import { count, money, percent, tenth, wholeMoney } from "../lib/format.js";
import { sparkline } from "../lib/sparkline.js";
import { errorFigure } from "./health.js";

const RATE_OVER_S = 5;
const SPARK_S = 60;

/** Draws the error rate of a frame of the board "health". */
export function drawErrors(board) {
  const [value, note] = errorFigure(board);
  put("errors", value, note);
}

/** Draws the figures of a frame of the board "cards". */
export function drawCards({ cards }) {
  const [now] = cards.data;
  const shown = {
    active: [count(now.active_users_5m), `${count(now.active_users_30m)} in 30 minutes`],
    orders: [count(now.orders_today)],
    revenue: [wholeMoney(now.revenue_today), "gross, since midnight UTC", money(now.revenue_today)],
    conversion: [percent(now.conversion_today)],
    aov: [money(now.aov_today)],
    lag: lag(now.ingest_lag_ms),
  };
  for (const [key, [value, note, title]] of Object.entries(shown)) put(key, value, note, title);
}

function lag(ms) {
  if (ms === null) return ["–"];
  return ms < 1000 ? [`${count(ms)} ms`] : [`${tenth(ms / 1000)} s`];
}

/** The figures as one row. */
export function table({ cards }) {
  const rows = cards?.data ?? [];
  return { columns: Object.keys(rows[0] ?? {}).map((key) => ({ key, label: key.replaceAll("_", " ") })), rows };
}

/** Draws the rate and its line from a frame of the board "arrivals". */
export function drawRate({ arrivals }) {
  const counts = new Map(arrivals.data.map((row) => [Date.parse(row.second), row.events]));
  const newest = Math.floor(Date.parse(arrivals.meta.params.after) / 1000) + SPARK_S - 1;
  const values = Array.from({ length: SPARK_S }, (_, index) => counts.get((newest - SPARK_S + 1 + index) * 1000) ?? 0);
  const last = values.slice(-RATE_OVER_S);
  const minute = `${count(values.reduce((sum, value) => sum + value, 0))} a minute`;
  put("rate", tenth(last.reduce((sum, value) => sum + value, 0) / RATE_OVER_S), minute);
  byId("figure-rate").querySelector(".figure-spark").replaceChildren(sparkline(values));
}

function put(key, value, note, title) {
  const cell = byId(`figure-${key}`);
  const place = cell.querySelector(".figure-value");
  place.textContent = value;
  if (title) place.title = title;
  if (note) cell.querySelector(".figure-change").textContent = note;
}
