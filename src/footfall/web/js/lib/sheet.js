// The side sheet behind a figure: definition, SQL, parameters, what was read, freshness, plan, and its proof.
import { queries } from "./ask.js";
import { byId, h, page } from "./dom.js";
import { ago, count, moment, tenth } from "./format.js";
import { get } from "./api.js";
import { icon } from "./icons.js";

let dialog;

/** Opens the sheet with nodes of one's own. */
export function openPanel(title, nodes) {
  dialog ??= makeDialog();
  byId("sheet-title").textContent = title;
  byId("sheet-body").replaceChildren(...nodes);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

/** Opens the sheet for answers of named queries, each {label?, answer: {data, meta}}, and nodes of one's own below. */
export function openSheet(title, sources, more = []) {
  dialog ??= makeDialog();
  openPanel(title, [...sources.map((source) => computed(source, sources.length > 1)), ...more]);
}

function makeDialog() {
  const close = h("button", { class: "tool", type: "button", "aria-label": "Close", onclick: () => made.close() });
  close.append(icon("close"));
  const made = h(
    "dialog",
    { class: "sheet", "aria-labelledby": "sheet-title" },
    h("div", { class: "sheet-head" }, h("h2", { id: "sheet-title" }), close),
    h("div", { class: "sheet-body", id: "sheet-body" }),
  );
  made.addEventListener("click", (event) => {
    if (event.target === made) made.close();
  });
  document.body.append(made);
  return made;
}

/** What the sheet says of an answer. */
export function computed({ label, answer }, several = false) {
  const { meta } = answer;
  const definition = h("p", { text: "\u00a0" });
  const code = h("pre", { class: "code", tabindex: "0" });
  const open = page.role === "admin" && h("a", { class: "button button-small", onclick: () => dialog.close() }, "Open in SQL");
  const showSql = (sql, defaults = {}) => {
    code.textContent = filledIn(sql, { ...defaults, ...meta.params });
    if (open) open.href = `${page.live}/#sql?${new URLSearchParams({ text: code.textContent })}`;
  };
  if (meta.sql) showSql(meta.sql);
  describe(meta.query).then((query) => {
    if (!query) return;
    definition.textContent = query.description;
    showSql(meta.sql ?? query.sql, Object.fromEntries(query.parameters.map(({ name, default: value }) => [name, value])));
    if (!query.provable) prove.replaceChildren(unprovable());
  });
  const prove = h("div", {}, proofButton(meta));
  const plan = h("pre", { class: "code hidden", tabindex: "0" });
  const granules = h("dd", { text: "…" });
  readPlan(meta, granules, plan);
  const toggle = h("button", { class: "button button-small", type: "button", "aria-expanded": "false" }, "Show the plan");
  toggle.addEventListener("click", () => {
    const shown = plan.classList.toggle("hidden");
    toggle.setAttribute("aria-expanded", String(!shown));
  });
  return h(
    "section",
    { class: "stack" },
    several && h("h3", { text: label ?? meta.title }),
    definition,
    facts(meta, granules),
    prove,
    h("h3", { text: "SQL" }),
    code,
    h("div", { class: "row" }, open, toggle, fileOf(meta, "csv"), fileOf(meta, "parquet")),
    plan,
  );
}

async function describe(name) {
  try {
    return (await queries()).get(name);
  } catch {
    return undefined;
  }
}

/** Where the same answer comes as a file. */
export function fileOf(meta, format) {
  const href = `/api/query/${meta.query}.${format}?${new URLSearchParams(given(meta))}`;
  return h("a", { class: "button button-small", href, download: `${meta.query}.${format}`, text: FILES[format] });
}

const FILES = { csv: "CSV", parquet: "Parquet" };

function facts(meta, granules) {
  const rows = [
    ["Answered from", meta.reads.join(", ")],
    ["Parameters", Object.entries(meta.params).map(([name, value]) => `${name} = ${shown(value)}`).join("; ") || "none"],
    ["Rows read", `${count(meta.rows_read)} (${bytes(meta.bytes_read)})`],
    ["Granules read", granules],
    ["Took", `${tenth(meta.elapsed_ms)} ms`],
    ["Newest row", meta.freshness ? `${ago(meta.freshness)} (${moment(meta.freshness)})` : "none yet"],
    ...(meta.estimates?.length ? [["Estimates", meta.estimates.map((name) => name.replaceAll("_", " ")).join(", ")]] : []),
    ...meta.notes.map((note, index) => [index ? "" : "Notes", note]),
  ];
  const value = (of) => (of instanceof Node ? of : h("dd", { text: of }));
  return h("dl", { class: "facts" }, rows.flatMap(([name, of]) => [h("dt", { text: name }), value(of)]));
}

const shown = (value) => (Array.isArray(value) ? value.join(", ") : value === "" ? "(any)" : String(value));

function bytes(number) {
  if (number < 1024) return `${number} B`;
  if (number < 1024 ** 2) return `${tenth(number / 1024)} KiB`;
  return `${tenth(number / 1024 ** 2)} MiB`;
}

/** The statement with its parameters as literals, so that it runs anywhere; for reading and copying only. */
export function filledIn(sql, params) {
  return sql.replace(/\{([A-Za-z_0-9]+):([^{}]+)\}/g, (whole, name, type) =>
    name in params ? literal(params[name], type.trim()) : whole,
  );
}

function literal(value, type) {
  if (type.startsWith("Array") && value === "") return "[]";
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, "String")).join(", ")}]`;
  if (/^(U?Int|Float|Decimal|Bool)/.test(type)) return String(value);
  const text = type.startsWith("DateTime") ? String(value).replace("T", " ").replace("Z", "") : String(value);
  const quoted = `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  if (type.startsWith("DateTime64")) return `toDateTime64(${quoted}, 3, 'UTC')`;
  return type === "Date" ? `toDate(${quoted})` : quoted;
}

function given(meta) {
  return Object.fromEntries(
    Object.entries(meta.params).map(([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : value]),
  );
}

/** Fills in which tables, projections and granules the store reads, and its plan. */
async function readPlan(meta, granules, plan) {
  try {
    const { data } = await get(`/api/query/${meta.query}/explain`, given(meta));
    const reads = data.reads.filter((read) => read.granules_total);
    const said = reads.map((read) => `${count(read.granules)} of ${count(read.granules_total)} in ${read.source}`);
    granules.textContent = said.join("; ") || "none";
    plan.textContent = data.lines.join("\n").trim();
  } catch (error) {
    granules.textContent = `not known: ${error.message}`;
    plan.textContent = error.message;
  }
}

function unprovable() {
  return h("p", { class: "muted", text: "Needs no proof: this query reads the raw rows themselves." });
}

function proofButton(meta) {
  const button = h("button", { class: "button button-main", type: "button" }, "Prove it");
  const result = h("div", { "aria-live": "polite" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    result.replaceChildren(h("p", { class: "card-message", text: "Reading the raw rows …" }));
    try {
      const { data } = await get(`/api/query/${meta.query}/proof`, given(meta));
      result.replaceChildren(verdict(data));
    } catch (error) {
      result.replaceChildren(verdict({ verdict: "cannot be proved", reason: error.message, differences: [] }));
    }
    button.disabled = false;
  });
  const says = h("span", { class: "muted", text: "computes the same from the raw rows and compares" });
  return h("div", { class: "stack" }, h("p", { class: "row" }, button, says), result);
}

const HEADINGS = {
  equal: "Equal",
  different: "Different",
  "cannot be proved": "Cannot be proved",
};

const SHOWN = 20;

function verdict(outcome) {
  const { answer, proof, differences, estimates = [] } = outcome;
  return h(
    "div",
    { class: "verdict stack", "data-verdict": outcome.verdict },
    h("strong", { text: heading(outcome) }),
    h("p", { class: "verdict-reason", text: sentence(outcome.reason) }),
    differences.length > 0 && cells(differences, "Answer", outcome.differences_total),
    estimates.length > 0 && cells(estimates, "Estimate", outcome.estimates_total),
    answer && proof && h("p", { class: "muted", text: costs(answer.meta, proof.meta) }),
    answer && proof && (answer.data.length === 1 ? bothFigures(answer, proof) : outcome.verdict === "equal" && bothRows(outcome)),
  );
}

/** The verdict in words; "equal" of an estimate means that it is as near as estimates are. */
function heading({ verdict: name, estimates }) {
  const near = name === "equal" && estimates?.length > 0;
  return near ? "Equal, but for estimates within their tolerance" : (HEADINGS[name] ?? name);
}

const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, ".");

function costs(ours, theirs) {
  return (
    `Answer: ${tenth(ours.elapsed_ms)} ms, ${count(ours.rows_read)} rows read. ` +
    `Proof: ${tenth(theirs.elapsed_ms)} ms, ${count(theirs.rows_read)} raw rows read.`
  );
}

function bothFigures(answer, proof) {
  const [ours] = answer.data;
  const [theirs] = proof.data;
  return compared(
    ["Figure", "Answer", "Raw rows"],
    Object.keys(ours).map((name) => [name.replaceAll("_", " "), ours[name], theirs?.[name]]),
  );
}

/** Rows of both answers, which stand in one order: what names a row, then its figures from either side, one below the other. */
function bothRows({ answer, proof, estimates }) {
  const { columns } = answer.meta;
  const names = columns.filter(({ unit }) => NAMING.has(unit));
  const figures = columns.filter(({ unit }) => !NAMING.has(unit));
  const nameOf = (row, index) => (names.length ? names.map(({ name, unit }) => named(row[name], unit)).join(" · ") : count(index + 1));
  const line = (row) => figures.map(({ name }) => h("td", { class: "num", text: plain(row[name]) }));
  const side = (text) => h("td", { class: "muted", text });
  const both = answer.data.slice(0, SHOWN).map((ours, index) =>
    h(
      "tbody",
      {},
      h("tr", {}, h("th", { scope: "rowgroup", rowspan: 2, text: nameOf(ours, index) }), side("Answer"), line(ours)),
      h("tr", {}, side("Raw rows"), line(proof.data[index])),
    ),
  );
  if (!both.length) return [];
  const heads = ["Row", "From", ...figures.map(({ name }) => name.replaceAll("_", " "))];
  const head = heads.map((text, index) => h("th", { scope: "col", class: index > 1 && "num", text }));
  const words = estimates.length ? ", equal as well but for estimates within their tolerance" : ", equal as well";
  return [scrolled("Both answers", h("table", { class: "both" }, h("thead", {}, h("tr", {}, head)), both)), more(answer.rows, "row", words)];
}

const NAMING = new Set(["text", "time", "day", "id"]);
const named = (value, unit) => (unit === "time" ? String(value).replace("T", " ").replace(/(:00)?\.000Z$/, " UTC") : plain(value));

/** The first cells of `total` that are not the same. */
function cells(found, ours, total) {
  const shown = found.slice(0, SHOWN).map((cell) => [cell.row, cell.column, cell.answer, cell.proof]);
  return [compared(["Row", "Column", ours, "Raw rows"], shown), more(total, "cell")];
}

/** How many more there are than are shown. */
function more(total, what, words = "") {
  const left = total - SHOWN;
  return left > 0 && h("p", { class: "muted", text: `and ${count(left)} more ${what}${left > 1 ? "s" : ""}${words}` });
}

function compared(heads, rows) {
  return scrolled(
    heads.join(", "),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col", text })))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((value) => h("td", { text: plain(value) }))))),
    ),
  );
}

/** A table that may be wider than the sheet: the keyboard reaches it, too. */
const scrolled = (label, table) => h("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-label": label }, table);

const plain = (value) => (typeof value === "number" ? exact.format(value) : String(value ?? "–"));
const exact = new Intl.NumberFormat(undefined, { maximumFractionDigits: 4 });
