// What the figures are made of, by one quality: devices, browsers, sources, categories, search terms. A row filters;
// a search term, which no figure is counted by, opens its searches.
import { h } from "../lib/dom.js";
import { queries } from "../lib/ask.js";
import { count, country, moment, percent, wholeMoney, words } from "../lib/format.js";
import { go, toggleFilter } from "../lib/nav.js";
import { openRows } from "../lib/rows.js";
import { Table } from "../lib/table.js";
import { userHref } from "./users.js";

const UNKNOWN = { utm_source: "Direct or unknown", utm_medium: "None", utm_campaign: "None" };

/** `key` is the column of the values, `filter` what a click filters by or `open(row, answer)` what else it does, `bar`
    the column that a bar shows. */
export function drawer({ key = "value", label, filter, open, bar = "unique_users", more, nameOf = (text) => text }) {
  let table;
  let answer;
  let top = 1;
  const name = (row) => (row[key] ? nameOf(row[key]) : (UNKNOWN[filter] ?? "Unknown"));
  const first = {
    key,
    label,
    grow: true,
    value: name,
    cell: (row) => {
      const track = h("span", { class: "row-bar", style: { width: `${(100 * row[bar]) / top}%` } });
      if (!(filter || open) || !row[key]) return [track, h("span", { class: "row-name", text: name(row) })];
      const onclick = () => (open ? open(row, answer) : toggleFilter(filter, row[key]));
      return [track, h("button", { type: "button", class: "link row-name", text: name(row), onclick })];
    },
  };
  return (answers, _, card) => {
    [answer] = Object.values(answers);
    if (!table) {
      table = new Table([first, ...more], { caption: label, name: card.id, sort: { key: bar, direction: -1 } });
      card.view.querySelector(".table-wrap").append(table.element);
    }
    top = Math.max(...answer.data.map((row) => row[bar]), 1);
    table.update(answer.data);
  };
}

const users = { key: "unique_users", label: "Users", type: "int" };
const buys = { key: "purchases", label: "Purchases", type: "int" };
const revenue = {
  key: "revenue",
  label: "Revenue",
  type: "money",
  cell: (row) => wholeMoney(row.revenue),
};

export const devices = {
  requests: (view) => ({ devices: ["devices", { ...view.range, by: "device_type" }] }),
  draw: () => drawer({ label: "Device", filter: "device_type", more: [users, buys, revenue], nameOf: words }),
};

export const browsers = {
  requests: (view) => ({ browsers: ["devices", { ...view.range, by: "browser" }] }),
  draw: () => drawer({ label: "Browser", filter: "browser", more: [users, buys, revenue] }),
};

/** Sources by source, medium or campaign, as the card's choice says, which stands in the address. */
export function sources(choice) {
  choice.addEventListener("change", () => go({ sources: choice.value }));
  return {
    requests: (view) => ({ sources: ["sources", { ...view.range, by: view.sources }] }),
    draw: () => {
      const drawers = new Map();
      return (answers, view, card) => {
        const by = answers.sources.meta.params.by;
        choice.value = by;
        if (!drawers.has(by)) {
          drawers.clear();
          card.view.querySelector(".table-wrap").replaceChildren();
          const filter = by === "referrer" ? undefined : by;
          const label = { utm_source: "Source", utm_medium: "Medium", utm_campaign: "Campaign", referrer: "Referrer" }[by];
          drawers.set(by, drawer({ label, filter, more: [users, buys, revenue] }));
        }
        drawers.get(by)(answers, view, card);
      };
    },
  };
}

/** What was searched for, and in how many sessions something was bought after it. */
export const searches = {
  requests: (view) => ({ searches: ["search_terms", { ...view.range, limit: 100 }] }),
  draw: () => {
    const columns = [
      { key: "searches", label: "Searches", type: "int" },
      { key: "sessions", label: "Sessions", type: "int" },
      { key: "conversion", label: "Bought after it", type: "pct" },
    ];
    return drawer({ key: "term", label: "Term", bar: "searches", more: columns, open: openSearches });
  },
};

/** The searches behind a term: asked with what the terms were asked with, at their moment. */
async function openSearches({ term, searches: times }, { meta }) {
  const takes = (await queries()).get("event_search").parameters.map(({ name }) => name);
  const given = Object.fromEntries(Object.entries(meta.params).filter(([name]) => takes.includes(name)));
  openRows({
    title: `Searches for “${term}”`,
    about: `${count(times)} ${times === 1 ? "search" : "searches"}, whatever the capitals; the latest that are written exactly so:`,
    query: "event_search",
    params: { ...given, event_type: "search", search_term: term },
    most: 1000,
    columns: [
      { key: "event_timestamp", label: "When", value: (row) => row.event_timestamp, cell: (row) => moment(row.event_timestamp) },
      { key: "user_id", label: "User", grow: true, cell: (row) => (row.user_id === "0" ? "nobody known" : h("a", { href: userHref(row), text: row.user_id })) },
      { key: "country", label: "Country", value: (row) => country(row.country) },
      { key: "device_type", label: "Device", value: (row) => words(row.device_type) },
    ],
  });
}

export const categories = {
  requests: (view) => ({ categories: ["categories", { ...view.range, limit: 1000 }] }),
  draw: () => {
    const pieces = { key: "quantity", label: "Sold", type: "int" };
    const share = { key: "share", label: "Share", type: "pct", cell: (row) => percent(row.share) };
    return drawer({ key: "category", label: "Category", filter: "category", bar: "revenue", more: [revenue, share, pieces] });
  },
};
