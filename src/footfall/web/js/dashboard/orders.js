// Rows of the ledger of orders as a table; each leads to its user or its product.
import { h } from "../lib/dom.js";
import { moment } from "../lib/format.js";
import { Table } from "../lib/table.js";
import { carried } from "../lib/view.js";

const LINKS = {
  user: { key: "user_id", label: "User", path: "/users" },
  product: { key: "product_id", label: "Product", path: "/products" },
};

/** `other` is what the rows have beside the page's own subject: "user" or "product". */
export function orderTable(other) {
  let table;
  const { key, label, path } = LINKS[other];
  const link = (row) =>
    row[key] === "0" ? "–" : h("a", { href: `${path}/${encodeURIComponent(row[key])}${carried()}`, text: row[key] });
  const columns = [
    { key: "order_timestamp", label: "When", cell: (row) => moment(row.order_timestamp) },
    { key: "order_id", label: "Order", grow: true },
    { key, label, cell: link },
    { key: "status", label: "Status" },
    { key: "quantity", label: "Pieces", type: "int", wide: true },
    { key: "total_amount", label: "Amount", type: "money" },
  ];
  return ({ orders }, _, card) => {
    if (!table) {
      table = new Table(columns, { caption: "Orders", name: card.id });
      card.view.querySelector(".table-wrap").append(table.element);
    }
    table.update(orders.data);
  };
}
