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
  const sent = errors && errors.rate_pct !== null
    ? `${percent(errors.rate_pct)} of ${count(errors.accepted + errors.rejected)} items of the last ${count(errors.over_s)} seconds were rejected.`
    : "Nothing was sent in the last minute.";
  byId("panel-health").replaceChildren(
    h("p", { class: "card-note", text: sent }),
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

/** The error rate for the card. */
export function errorFigure({ errors }) {
  if (!errors) return ["–", "ingest does not answer"];
  if (errors.rate_pct === null) return ["–", "nothing was sent in the last minute"];
  return [percent(errors.rate_pct), `${count(errors.rejected)} rejected in ${count(errors.over_s)} s`];
}
