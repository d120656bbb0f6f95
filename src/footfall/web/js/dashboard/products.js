// Top products: a table that sorts, is searched and paged; each product's revenue as a bar, and a page of its own.
import { byId, h } from "../lib/dom.js";
import { money } from "../lib/format.js";
import { keep, saying, toggleFilter } from "../lib/nav.js";
import { sparkline } from "../lib/sparkline.js";
import { Table } from "../lib/table.js";
import { carried } from "../lib/view.js";
import { buckets, byBucket } from "../lib/zone.js";

const NAME = "products";
const SHOWN = 10;
const TRENDS = 50; // products that have a line
const RATES_UP_TO_DAYS = 31;

export const requests = (view) => ({ products: ["top_products", { ...view.range, limit: 1000 }] });

/** Rates from views to purchases, which raw rows answer; and the days of those that earn most. */
export const later = (view) => ({
  ...(view.days <= RATES_UP_TO_DAYS && { rates: ["product_conversion", { ...view.range, limit: 1000 }] }),
  ...(view.days > 1 && { trends: ["product_days", { ...view.range, products: TRENDS }] }),
});

export const note = (view) => view.days > RATES_UP_TO_DAYS && `rates from view to purchase: in periods of up to ${RATES_UP_TO_DAYS} days`;

/** Revenue of each day by product id; the running day, a part yet, would look like a fall. */
function trendsOf({ data, meta }, view) {
  const all = buckets(meta.params.from, Math.min(Date.parse(meta.params.to), Date.now()), "day", view.zone);
  const starts = view.running && all.length > 2 ? all.slice(0, -1) : all;
  const rows = Map.groupBy(data, (row) => row.product_id);
  return (id) => byBucket(rows.get(id) ?? [], "day", starts, view.zone).map((row) => row?.revenue ?? 0);
}

export const productName = (row) => row.name || `Product ${row.external_id || row.product_id}`;
const productLink = (row) => h("a", { class: "product-link", href: `/products/${encodeURIComponent(row.product_id)}${carried()}`, text: productName(row) });

/** By how much the second half of a line is above the first: what the lines are sorted by. */
function growth({ trend }) {
  if (!trend) return undefined;
  const middle = Math.floor(trend.length / 2);
  const sum = (values) => values.reduce((all, value) => all + value, 0);
  return sum(trend.slice(-middle)) - sum(trend.slice(0, middle));
}

export function drawer() {
  let table;
  let top = 1;
  let shown;
  const search = byId("product-search");
  search.addEventListener("input", () => {
    keep({ find: search.value, pages: saying("pages", NAME, null) });
    table?.seek(search.value);
  });
  const columns = [
    { key: "name", label: "Product", grow: true, value: productName, cell: (row) => [productLink(row), category(row)] },
    {
      key: "revenue",
      label: "Revenue",
      type: "money",
      cell: (row) => [
        money(row.revenue),
        h("span", { class: "cell-bar", style: { width: `${Math.max(0, (100 * row.revenue) / top)}%` } }),
      ],
    },
    { key: "refunds", label: "Refunds", type: "money", wide: true },
    { key: "orders", label: "Orders", type: "int" },
    { key: "quantity", label: "Sold", type: "int", wide: true },
    { key: "cart_rate", label: "To cart", type: "pct", wide: true },
    { key: "conversion", label: "Bought", type: "pct", wide: true },
    { key: "change", label: "Trend", type: "spark", wide: true, value: growth, cell: (row) => (row.trend ? sparkline(row.trend) : "") },
  ];
  return ({ products, rates, trends }, view, card) => {
    if (!table) {
      table = new Table(columns, {
        caption: "Top products",
        name: NAME,
        sort: { key: "revenue", direction: -1 },
        pageSize: SHOWN,
      });
      card.view.querySelector(".table-wrap").append(table.element);
      card.view.querySelector(".pager-place").append(table.pager);
    }
    if (view !== shown) {
      if (shown || !search.value) search.value = view.find; // what was typed before the first figures stays
      shown = view;
      table.seek(search.value);
    }
    table.element.classList.toggle("without-trend", view.days === 1);
    top = Math.max(...products.data.map((row) => row.revenue), 1);
    const rateOf = new Map(rates?.data.map((row) => [row.product_id, row]));
    const trendOf = trends && trendsOf(trends, view);
    const lineOf = new Map(trendOf && products.data.slice(0, TRENDS).map(({ product_id: id }) => [id, trendOf(id)]));
    table.update(products.data.map((row) => ({ ...rateOf.get(row.product_id), ...row, trend: lineOf.get(row.product_id) })));
  };
}

function category(row) {
  if (!row.category) return h("span", { class: "cell-sub", text: "no category" });
  const onclick = () => toggleFilter("category", row.category);
  return h("button", { type: "button", class: "link cell-sub", text: row.category, title: `Filter by ${row.category}`, onclick });
}
