// The latest orders, the newest first.
import { h } from "../lib/dom.js";
import { ago, moment, money } from "../lib/format.js";
import { Table } from "../lib/table.js";

const COLUMNS = [
  { key: "ingested_at", label: "Accepted", wide: true, cell: (row) => h("span", { title: moment(row.ingested_at), text: ago(row.ingested_at) }) },
  { key: "order_id", label: "Order", grow: true },
  { key: "status", label: "Status" },
  { key: "quantity", label: "Items", type: "int", wide: true },
  { key: "total_amount", label: "Amount", type: "money", cell: (row) => money(row.total_amount) },
];

export function drawer() {
  let table;
  return ({ orders }, _, card) => {
    if (!table) {
      table = new Table(COLUMNS, { caption: "Latest orders", name: card.id });
      card.view.querySelector(".table-wrap").append(table.element);
    }
    table.update(orders.data);
  };
}

export const table = ({ orders }) => ({ columns: COLUMNS, rows: orders.data });
