// What the figures are made of, by one quality: devices, browsers, sources, categories, search terms. A row filters.
import { h } from "../lib/dom.js";
import { percent, wholeMoney, words } from "../lib/format.js";
import { go, toggleFilter } from "../lib/nav.js";
import { Table } from "../lib/table.js";

const UNKNOWN = { utm_source: "Direct or unknown", utm_medium: "None", utm_campaign: "None" };

/** `key` is the column of the values, `filter` what a click filters by, `bar` the column that a bar shows. */
export function drawer({ key = "value", label, filter, bar = "unique_users", more, nameOf = (text) => text }) {
  let table;
  let top = 1;
  const name = (row) => (row[key] ? nameOf(row[key]) : (UNKNOWN[filter] ?? "Unknown"));
  const first = {
    key,
    label,
    grow: true,
    value: name,
    cell: (row) => {
      const track = h("span", { class: "row-bar", style: { width: `${(100 * row[bar]) / top}%` } });
      if (!filter || !row[key]) return [track, h("span", { class: "row-name", text: name(row) })];
      const onclick = () => toggleFilter(filter, row[key]);
      return [track, h("button", { type: "button", class: "link row-name", text: name(row), onclick })];
    },
  };
  return (answers, _, card) => {
    const [answer] = Object.values(answers);
    if (!table) {
      table = new Table([first, ...more], { caption: label, sort: { key: bar, direction: -1 } });
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

/** What was searched for; a term leads to no filter, for no figure is counted by it. */
export const searches = {
  requests: (view) => ({ searches: ["search_terms", { ...view.range, limit: 100 }] }),
  draw: () => {
    const columns = [
      { key: "searches", label: "Searches", type: "int" },
      { key: "sessions", label: "Sessions", type: "int" },
      { key: "conversion", label: "Bought after it", type: "pct" },
    ];
    return drawer({ key: "term", label: "Term", bar: "searches", more: columns });
  },
};

/** Categories, added up from the products: exact sums of money and pieces. */
export const categories = {
  requests: (view) => ({ products: ["top_products", { ...view.range, limit: 1000 }] }),
  draw: () => {
    const pieces = { key: "quantity", label: "Sold", type: "int" };
    const share = { key: "share", label: "Share", type: "pct", cell: (row) => percent(row.share) };
    const draw = drawer({ key: "category", label: "Category", filter: "category", bar: "revenue", more: [revenue, share, pieces] });
    return (answers, view, card) => draw(byCategory(answers), view, card);
  },
  table: (answers) => ({
    columns: [
      { key: "category", label: "Category" },
      { key: "revenue", label: "Revenue", type: "money" },
      { key: "quantity", label: "Sold", type: "int" },
    ],
    rows: byCategory(answers).products.data,
  }),
};

function byCategory({ products }) {
  const sums = new Map();
  for (const { category, revenue: earned, quantity } of products.data) {
    const sum = sums.get(category) ?? { category, revenue: 0, quantity: 0 };
    sum.revenue += earned;
    sum.quantity += quantity;
    sums.set(category, sum);
  }
  const total = [...sums.values()].reduce((all, { revenue: earned }) => all + earned, 0) || 1;
  const data = [...sums.values()].map((sum) => ({ ...sum, share: (100 * sum.revenue) / total }));
  return { products: { ...products, data } };
}

