// Conversion funnel: users of each step, how many came from the step before, how long that took, who went no further;
// a bar opens exactly the users behind it.
import { queries } from "../lib/ask.js";
import { byId, h, keepFocus } from "../lib/dom.js";
import { count, duration, percent, words } from "../lib/format.js";
import { go } from "../lib/nav.js";
import { openRows } from "../lib/rows.js";
import { userHref, userName } from "./users.js";

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

export const note = (view) => view.days > TIMES_UP_TO_DAYS && `median times: in periods of up to ${TIMES_UP_TO_DAYS} days`;

export const isEmpty = ({ funnel }) => !funnel.data.some((row) => row.users);

export function drawer() {
  return ({ funnel, times }, view, card) => {
    const took = new Map(times?.data.map((row) => [row.event_type, row.median_ms]));
    const rows = funnel.data.map((row) => ({ ...row, median_ms: took.get(row.event_type ?? row.step) }));
    const open = (index, outcome) => openUsers(funnel, rows, index, outcome);
    const steps = rows.map((row, index) => step(row, rows, index, open));
    const list = h("ol", { class: "funnel", "aria-label": `Users by step, ${view.words}` }, steps);
    const box = card.view.querySelector(".chart");
    keepFocus(box, () => box.replaceChildren(list));
  };
}

/** The users behind a bar, or those lost before it: asked with what the funnel was asked with, at its moment. */
async function openUsers(funnel, rows, index, outcome) {
  const { meta } = funnel;
  const takes = (await queries()).get("funnel_users").parameters.map(({ name }) => name);
  const given = Object.fromEntries(Object.entries(meta.params).filter(([name]) => takes.includes(name)));
  const any = meta.query === "conversion_funnel" ? { steps: USUAL, mode: "unordered" } : { steps: meta.params.steps.join(",") };
  const [{ users }, name] = [rows[index], nameOf(rows[index])];
  const lost = outcome === "dropped";
  openRows({
    title: lost ? `Went no further than ${nameOf(rows[index - 1])}` : name,
    about: lost
      ? `${count(rows[index].drop_off)} users who came as far as ${nameOf(rows[index - 1])} and not to ${name}.`
      : `${count(users)} users who came as far as ${name}.`,
    query: "funnel_users",
    params: { ...given, ...any, step: index + 1, outcome },
    columns: [
      { key: "external_id", label: "User", grow: true, cell: (row) => h("a", { href: userHref(row), text: userName(row) }) },
      { key: "level", label: "Last step", value: (row) => nameOf(rows[row.level - 1]) },
    ],
  });
}

const nameOf = (row) => words(row.event_type ?? row.step);

function step(row, rows, index, open) {
  const widest = Math.max(...rows.map(({ users }) => users), 1);
  const lost = { type: "button", class: "link", title: "Show these users", onclick: () => open(index, "dropped") };
  const said = [
    index > 0 && h("strong", { text: percent(row.step_conversion_pct) }),
    index > 0 && " of the step before · ",
    index > 0 && (row.drop_off ? h("button", lost, `${count(row.drop_off)} went no further`) : "nobody was lost"),
    index > 0 && Number.isFinite(row.median_ms) && ` · ${duration(row.median_ms)} in the median`,
    index === 0 && "the first step",
  ];
  return h(
    "li",
    { title: `${percent(row.conversion_pct)} of the first step` },
    h(
      "button",
      { type: "button", class: "funnel-step", title: "Show these users", disabled: row.users === 0, onclick: () => open(index, "reached") },
      h("span", { class: "funnel-line" }, h("span", { text: nameOf(row) }), h("span", { class: "funnel-users", text: count(row.users) })),
      h("span", { class: "funnel-track" }, h("span", { class: "funnel-bar", style: { width: `${(100 * row.users) / widest}%` } })),
    ),
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
