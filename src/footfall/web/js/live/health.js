// The health of each process, as it says itself, and the error rate of what is sent.
import { byId, h } from "../lib/dom.js";
import { count, percent, tenth } from "../lib/format.js";

const WHAT = {
  engine: "the database",
  ingest: "takes events and orders",
  dashboard: "the figures",
  live: "this page",
};

/** Draws a frame of the board "health" into the tab. */
export function drawHealth({ data, errors }) {
  byId("panel-health").replaceChildren(
    h("p", { class: "card-note", text: sentence(errors) }),
    h("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-label": "Processes" }, h(
      "table",
      {},
      h("caption", { class: "sr-only", text: "Health of each process" }),
      h("thead", {}, h("tr", {}, ["Process", "State", "Answers in", "What it says"].map((text) => h("th", { scope: "col", text })))),
      h("tbody", {}, data.map(line)),
    )),
  );
}

function line({ process, state, ms, about }) {
  const ok = state === "ok";
  return h(
    "tr",
    {},
    h("td", {}, process, h("span", { class: "cell-sub", text: WHAT[process] ?? "" })),
    h("td", {}, h("span", { class: ok ? "state state-ok" : "state state-bad", text: ok ? "✓ ok" : `✕ ${state}` })),
    h("td", { class: "num", text: ms === null ? "–" : `${tenth(ms)} ms` }),
    h("td", { class: "health-about", text: said(about) || "–" }),
  );
}

/** What a process says of itself, flat: `inbox.rows 12`. */
function said(about, prefix = "") {
  return Object.entries(about)
    .map(([key, value]) => {
      const name = `${prefix}${key.replaceAll("_", " ")}`;
      if (value && typeof value === "object") return said(value, `${name} `);
      if (typeof value === "boolean") return `${name}: ${value ? "yes" : "no"}`;
      return `${name}: ${typeof value === "number" ? count(value) : String(value)}`;
    })
    .join(" · ");
}

function sentence(errors) {
  if (!errors) return "Ingest does not answer.";
  if (!errors.over_s) return "What is rejected is counted from now on.";
  if (errors.rate_pct === null) return `Nothing was sent in the last ${count(errors.over_s)} seconds.`;
  return `${percent(errors.rate_pct)} of ${count(errors.accepted + errors.rejected)} items of the last ${count(errors.over_s)} seconds were rejected.`;
}

/** The error rate for the card; a first reading has none before it to be compared with. */
export function errorFigure({ errors }) {
  if (!errors) return ["–", "ingest does not answer"];
  if (!errors.over_s) return ["–", "counted from now on"];
  if (errors.rate_pct === null) return ["–", `nothing was sent in ${count(errors.over_s)} s`];
  return [percent(errors.rate_pct), `${count(errors.rejected)} rejected in ${count(errors.over_s)} s`];
}
