// The side sheet behind a figure: definition, SQL, parameters, what was read, freshness, plan, and its proof.
import { byId, h, page } from "./dom.js";
import { count, moment, tenth } from "./format.js";
import { get } from "./api.js";
import { icon } from "./icons.js";

let catalogue;
let dialog;

/** Opens the sheet for answers of named queries; each is {label?, answer: {data, meta}}. */
export async function openSheet(title, sources) {
  dialog ??= makeDialog();
  byId("sheet-title").textContent = title;
  const body = byId("sheet-body");
  body.replaceChildren(...sources.map((source) => section(source, sources.length > 1)));
  dialog.showModal();
  dialog.scrollTop = 0;
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

function section({ label, answer }, several) {
  const { meta } = answer;
  const definition = h("p", { text: " " });
  describe(meta.query).then((query) => {
    definition.textContent = query?.description ?? "";
    if (query && !query.provable) prove.replaceChildren(unprovable());
  });
  const prove = h("div", {}, proofButton(meta));
  return h(
    "section",
    { class: "sheet-body-part" },
    several && h("h3", { text: label ?? meta.title }),
    definition,
    facts(meta),
    h("h3", { text: "SQL" }),
    h("pre", { class: "code", tabindex: "0", text: filledIn(meta) }),
    h(
      "div",
      { class: "row" },
      page.live &&
        h("a", { class: "button button-small", href: `${page.live}/#sql=${encodeURIComponent(filledIn(meta))}` }, "Open in SQL"),
      planButton(meta),
    ),
    h("h3", { text: "Proof" }),
    prove,
  );
}

async function describe(name) {
  catalogue ??= get("/api/queries").then(({ data }) => new Map(data.map((query) => [query.name, query])));
  try {
    return (await catalogue).get(name);
  } catch {
    catalogue = undefined;
    return undefined;
  }
}

function facts(meta) {
  const rows = [
    ["Answered from", meta.reads.join(", ")],
    ["Parameters", Object.entries(meta.params).map(([name, value]) => `${name} = ${shown(value)}`).join("; ") || "none"],
    ["Rows read", `${count(meta.rows_read)} (${bytes(meta.bytes_read)})`],
    ["Took", `${tenth(meta.elapsed_ms)} ms`],
    ["Newest row", meta.freshness ? moment(meta.freshness) : "none yet"],
    ...meta.notes.map((note, index) => [index ? "" : "Notes", note]),
  ];
  return h("dl", { class: "facts" }, rows.flatMap(([name, value]) => [h("dt", { text: name }), h("dd", { text: value })]));
}

const shown = (value) => (Array.isArray(value) ? value.join(", ") : value === "" ? "(any)" : String(value));

function bytes(number) {
  if (number < 1024) return `${number} B`;
  if (number < 1024 ** 2) return `${tenth(number / 1024)} KiB`;
  return `${tenth(number / 1024 ** 2)} MiB`;
}

/** The statement with its parameters as literals, so that it runs anywhere; for reading and copying only. */
export function filledIn({ sql, params }) {
  return sql.replace(/\{([A-Za-z_0-9]+):([^{}]+)\}/g, (whole, name, type) =>
    name in params ? literal(params[name], type.trim()) : whole,
  );
}

function literal(value, type) {
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

function planButton(meta) {
  const button = h("button", { class: "button button-small", type: "button" }, "Show the plan");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { data } = await get(`/api/query/${meta.query}/explain`, given(meta));
      button.replaceWith(h("pre", { class: "code", tabindex: "0", text: planText(data) }));
    } catch (error) {
      button.disabled = false;
      button.textContent = `No plan: ${error.message}`;
    }
  });
  return button;
}

function planText(plan) {
  const lines = plan.lines ?? plan.text ?? plan;
  return Array.isArray(lines) ? lines.join("\n") : typeof lines === "string" ? lines : JSON.stringify(lines, null, 2);
}

function unprovable() {
  return verdict("unprovable", "Needs no proof", "This query reads the raw rows themselves.");
}

function proofButton(meta) {
  const button = h("button", { class: "button button-main", type: "button" }, "Prove it");
  const result = h("div", { "aria-live": "polite" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    result.replaceChildren(h("p", { class: "card-message", text: "Reading the raw rows …" }));
    try {
      const { data } = await get(`/api/query/${meta.query}/proof`, given(meta));
      result.replaceChildren(proofResult(data));
    } catch (error) {
      result.replaceChildren(verdict("unprovable", "Cannot be proved now", error.message));
    }
    button.disabled = false;
  });
  return h("div", {}, h("p", { class: "row" }, button, h("span", { class: "muted", text: "computes the same from raw rows and compares" })), result);
}

const HEADINGS = {
  equal: "Equal: the raw rows say the same",
  different: "Different: the raw rows say something else",
  unprovable: "Cannot be proved",
};

function proofResult(proof) {
  return verdict(proof.verdict, HEADINGS[proof.verdict] ?? proof.verdict, proof.reason ?? "", proof);
}

function verdict(kind, heading, reason, proof) {
  return h(
    "div",
    { class: "verdict", "data-verdict": kind },
    h("strong", { text: heading }),
    reason && h("p", { text: reason }),
  );
}
