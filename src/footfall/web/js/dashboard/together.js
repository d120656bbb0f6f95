// Products that are bought together: pairs of the shop, or what goes with one product.
import { h } from "../lib/dom.js";
import { tenth } from "../lib/format.js";
import { Table } from "../lib/table.js";
import { carried } from "../lib/view.js";

export const EMPTY = "No two products stand in three orders or more of this period. A longer one may have some.";

/** Of the whole shop, or of one product. */
export const requests = (id) => (view) => ({ together: ["bought_together", { ...view.range, product_id: id, limit: 100 }] });

const link = (id, name) => h("a", { class: "product-link", href: `/products/${encodeURIComponent(id)}${carried()}`, text: name });

const FIGURES = [
  { key: "orders", label: "Orders", type: "int" },
  { key: "share", label: "Share", type: "pct", wide: true },
  { key: "lift", label: "Lift", type: "int", cell: (row) => `${tenth(row.lift)} ×` },
];

const OTHER = { key: "other_name", label: "Product", grow: true, cell: (row) => link(row.other_id, row.other_name) };
const BOTH = {
  key: "name",
  label: "Products",
  grow: true,
  value: (row) => `${row.name} + ${row.other_name}`,
  cell: (row) => [link(row.product_id, row.name), link(row.other_id, `+ ${row.other_name}`)],
};

/** `single`: of one product, whose page this is. */
export function drawer(single = false) {
  let table;
  return ({ together }, _, card) => {
    if (!table) {
      table = new Table([single ? OTHER : BOTH, ...FIGURES], { caption: "Bought together", name: card.id, sort: { key: "orders", direction: -1 } });
      card.view.querySelector(".table-wrap").append(table.element);
    }
    table.update(together.data);
  };
}
