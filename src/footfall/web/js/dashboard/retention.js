// Retention: of the users first seen in a week, how many came back in each week after, as a table shaded by share.
// A week opens as the page's period; a share is a figure to read, for no filter holds the users of a cohort.
import { h, keepFocus } from "../lib/dom.js";
import { count, dateOf, percent } from "../lib/format.js";
import { address } from "../lib/view.js";

const WEEKS = 8;
const SIX_DAYS_MS = 6 * 86_400_000;

/** Twelve weeks at least: a cohort needs time to come back. */
export const requests = (view) => {
  const range = view.days >= 84 ? view.range : { from: "today-83d", to: "now" };
  return { retention: ["retention", { ...range, weeks: WEEKS }] };
};

export function drawer() {
  return ({ retention }, _, card) => {
    const cohorts = new Map();
    for (const row of retention.data) {
      const cohort = cohorts.get(row.cohort) ?? { size: row.size, weeks: new Map() };
      cohort.weeks.set(row.week, row);
      cohorts.set(row.cohort, cohort);
    }
    const weeks = Array.from({ length: WEEKS + 1 }, (_, week) => week);
    const heads = ["Week of", "Users", ...weeks.map((week) => (week ? `+${week}` : "0"))];
    const lines = [...cohorts].sort(([a], [b]) => (a < b ? 1 : -1)).map((entry) => line(entry, weeks));
    const table = h(
      "table",
      { class: "cohorts" },
      h("caption", { class: "sr-only", text: "Retention by week of the first visit" }),
      h("thead", {}, h("tr", {}, heads.map((text, index) => h("th", { scope: "col", class: index ? "num" : "", text })))),
      h("tbody", {}, lines),
    );
    const box = card.view.querySelector(".table-wrap");
    keepFocus(box, () => box.replaceChildren(table));
  };
}

function line([cohort, { size, weeks: rows }], weeks) {
  const sunday = new Date(Date.parse(cohort) + SIX_DAYS_MS).toISOString().slice(0, 10);
  const href = address({ period: "custom", from: cohort.slice(0, 10), to: sunday });
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, h("a", { href, text: dateOf(cohort), title: "Show this week" })),
    h("td", { class: "num", text: count(size) }),
    weeks.map((week) => cell(rows.get(week))),
  );
}

function cell(row) {
  if (!row) return h("td", { class: "num" });
  const share = row.retention_pct / 100;
  return h("td", {
    class: share > 0.5 ? "num cohort cohort-much" : "num cohort",
    style: { "--share": Math.sqrt(share).toFixed(3) },
    title: `${count(row.users)} of ${count(row.size)} users`,
    text: percent(row.retention_pct),
  });
}
