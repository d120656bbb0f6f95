// Conversion funnel: users of each step, how many came from the step before, how long that took, who went no further.
import { byId, h } from "../lib/dom.js";
import { count, duration, percent, words } from "../lib/format.js";
import { go } from "../lib/nav.js";

const USUAL = "page_view,product_view,add_to_cart,checkout,purchase";
const TIMES_UP_TO_DAYS = 31; // raw rows answer them

/** The five steps of a purchase in any order, or steps of one's own in order. */
export const requests = (view) => ({
  funnel: view.steps ? ["funnel", { ...view.range, steps: view.steps }] : ["conversion_funnel", view.range],
});

/** How long they took. */
export const later = (view) => ({
  ...(view.days <= TIMES_UP_TO_DAYS && { times: ["funnel_times", { ...view.range, steps: view.steps ?? USUAL }] }),
});

export const isEmpty = ({ funnel }) => !funnel.data.some((row) => row.users);

export function drawer() {
  return ({ funnel, times }, view, card) => {
    const took = new Map(times?.data.map((row) => [row.event_type, row.median_ms]));
    const rows = funnel.data.map((row) => ({ ...row, median_ms: took.get(row.event_type ?? row.step) }));
    const list = h("ol", { class: "funnel", "aria-label": `Users by step, ${view.words}` }, rows.map((row, index) => step(row, rows, index)));
    card.view.querySelector(".chart").replaceChildren(list);
  };
}

const nameOf = (row) => words(row.event_type ?? row.step);

function step(row, rows, index) {
  const widest = Math.max(...rows.map(({ users }) => users), 1);
  const said = [
    index > 0 && h("strong", { text: percent(row.step_conversion_pct) }),
    index > 0 && ` of the step before · ${count(row.drop_off)} went no further`,
    index > 0 && Number.isFinite(row.median_ms) && ` · ${duration(row.median_ms)} in the median`,
    index === 0 && "the first step",
  ];
  return h(
    "li",
    { title: `${percent(row.conversion_pct)} of the first step` },
    h("div", { class: "funnel-line" }, h("span", { text: nameOf(row) }), h("span", { class: "funnel-users", text: count(row.users) })),
    h("div", { class: "funnel-track" }, h("div", { class: "funnel-bar", style: { width: `${(100 * row.users) / widest}%` } })),
    h("div", { class: "funnel-note" }, said),
  );
}

/** The form that edits the steps; they stand in the address. */
export function wireSteps() {
  const form = byId("steps-form");
  const field = byId("steps");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const steps = field.value.split(",").map((text) => text.trim()).filter(Boolean);
    form.closest("details").open = false;
    go({ steps: steps.length ? steps.join(",") : null });
  });
  byId("steps-reset").addEventListener("click", () => {
    field.value = "";
    form.closest("details").open = false;
    go({ steps: null });
  });
  form.closest("details").addEventListener("toggle", () => {
    field.value = new URLSearchParams(location.search).get("steps") ?? USUAL;
  });
}
