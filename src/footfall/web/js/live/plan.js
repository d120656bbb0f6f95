// What a statement would read, in words: rollup, projection or raw rows, granules, what each step did to them, rows.
import { post } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { count, percent } from "../lib/format.js";
import { readsOf } from "./reads.js";

const STEPS = { MinMax: "the range of days", "Min-Max": "the range of days", Partition: "the partitions", PrimaryKey: "the sort key" };
const ROLLUPS = /^(mv_|daily_user_activity)/;
const GRANULE_ROWS = 8192;

/** The plan of a statement and its estimated cost; throws ApiError where the store refuses it. */
export async function planOf(sql, params, signal) {
  const statement = sql.trim().replace(/;+\s*$/, "");
  const plan = await post("/api/sql", { sql: `EXPLAIN indexes = 1, projections = 1 ${statement}`, params }, signal);
  const estimate = await post("/api/sql", { sql: `EXPLAIN ESTIMATE ${statement}`, params }, signal);
  const lines = plan.data.map(([line]) => line);
  const tables = estimate.data.map(([database, table, , rows]) => ({ database, table, rows: Number(rows) }));
  return { lines, reads: readsOf(lines), tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0) };
}

function kindOf(source) {
  const name = source.split(".").at(-1);
  if (name.startsWith("proj_")) return `the projection ${name}`;
  if (ROLLUPS.test(name)) return `the rollup ${name}`;
  return `rows of ${name}`;
}

/** What a step did: a skipping index is told of even where it dropped nothing, the others are not. */
function done({ name, kept, had }) {
  if (!had || (name in STEPS && kept === had)) return "";
  return `; ${STEPS[name] ?? name} kept ${kept === had ? "all" : kept ? `${count(kept)} of` : "none of"} ${count(had)}`;
}

/** The plan for people. */
export function planView({ lines, reads, rows }) {
  const said = reads.filter(({ total }) => total > 0).map(({ source, left, total, steps }) => {
    const share = percent((100 * left) / total);
    return `Reads ${kindOf(source)}: ${count(left)} of ${count(total)} granules (${share})${steps.map(done).join("")}.`;
  });
  if (!said.length) said.push("Reads no table of the shop.");
  const granules = reads.reduce((sum, { left }) => sum + (left ?? 0), 0);
  const cost = `About ${count(Math.max(rows, 0) || granules * GRANULE_ROWS)} rows to read.`;
  return h(
    "div",
    { class: "stack plan" },
    h("ul", {}, [...said, cost].map((text) => h("li", { text }))),
    h("details", {}, h("summary", { text: "The store's own plan" }), h("pre", { class: "code", tabindex: "0", text: lines.join("\n") })),
  );
}
