// What a statement would read, in words: rollup, projection or raw rows, skipping indexes, granules, rows.
import { post } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { count, percent } from "../lib/format.js";

const READ = /ReadFrom\w+ \(([^)]+)\)/;
const GRANULES = /Granules: (\d+)(?:\/(\d+))?/;
const INDEX = /Name: (idx_\w+)/;
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

function readsOf(lines) {
  const reads = [];
  for (const line of lines) {
    const source = READ.exec(line);
    if (source) reads.push({ source: source[1], left: undefined, total: 0, indexes: [] });
    const read = reads.at(-1);
    if (!read) continue;
    const index = INDEX.exec(line);
    if (index) read.indexes.push(index[1]);
    const granules = GRANULES.exec(line);
    if (!granules) continue;
    const left = Number(granules[1]);
    read.left = Math.min(read.left ?? left, left);
    read.total = Math.max(read.total, Number(granules[2] ?? left));
  }
  return reads;
}

function kindOf(source) {
  const name = source.split(".").at(-1);
  if (name.startsWith("proj_")) return `the projection ${name}`;
  if (ROLLUPS.test(name)) return `the rollup ${name}`;
  return `rows of ${name}`;
}

/** The plan for people. */
export function planView({ lines, reads, rows }) {
  const said = reads.filter(({ total }) => total > 0).map((read) => {
    const share = percent((100 * read.left) / read.total);
    const by = read.indexes.length ? `; ${read.indexes.join(", ")} left out the rest` : "";
    return `Reads ${kindOf(read.source)}: ${count(read.left)} of ${count(read.total)} granules (${share})${by}.`;
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
