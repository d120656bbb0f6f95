// Top products: a table that sorts, is searched and paged; each product's revenue as a bar, and a page of its own.
import { byId, h } from "../lib/dom.js";
import { money, percent } from "../lib/format.js";
import { toggleFilter } from "../lib/nav.js";
import { Table } from "../lib/table.js";
import { carried } from "../lib/view.js";

const SHOWN = 10;

export const requests = (view) => ({ products: ["top_products", { ...view.range, limit: 1000 }] });

export const productName = (row) => row.name || `Product ${row.external_id || row.product_id}`;
const productLink = (row) => h("a", { href: `/products/${encodeURIComponent(row.product_id)}${carried()}`, text: productName(row) });

export function drawer() {
  let table;
  let top = 1;
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
    { key: "aov", label: "Per order", type: "money", wide: true },
  ];
  return ({ products }, _, card) => {
    if (!table) {
      table = new Table([...columns, ...rates(products.data[0])], {
        caption: "Top products",
        sort: { key: "revenue", direction: -1 },
        pageSize: SHOWN,
      });
      card.view.querySelector(".table-wrap").append(table.element);
      card.view.append(table.pager);
      byId("product-search").addEventListener("input", ({ target }) => table.seek(target.value));
    }
    top = Math.max(...products.data.map((row) => row.revenue), 1);
    table.update(products.data);
  };
}

/** Columns of rates, where the answer has them. */
function rates(row = {}) {
  const found = [
    ["views", "Views", "int"],
    ["cart_rate", "To cart", "pct"],
    ["purchase_rate", "Bought", "pct"],
    ["view_to_cart_pct", "To cart", "pct"],
    ["cart_to_purchase_pct", "Bought", "pct"],
  ];
  return found
    .filter(([key]) => key in row)
    .map(([key, label, type]) => ({ key, label, type, wide: true, cell: type === "pct" ? (r) => percent(r[key]) : undefined }));
}

function category(row) {
  if (!row.category) return h("span", { class: "cell-sub", text: "no category" });
  const onclick = () => toggleFilter("category", row.category);
  return h("button", { type: "button", class: "link cell-sub", text: row.category, title: `Filter by ${row.category}`, onclick });
}
