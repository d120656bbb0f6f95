// Top products: a table that sorts, with each product's revenue as a bar in its cell.
import { h, page } from "../lib/dom.js";
import { money } from "../lib/format.js";
import { Table } from "../lib/table.js";

export const requests = (view) => ({ products: ["/api/top-products", { ...view.range, limit: 10 }] });

export function drawer() {
  let table;
  let top = 1;
  const columns = [
    {
      key: "name",
      label: "Product",
      grow: true,
      value: (row) => row.name || row.external_id || row.product_id,
      cell: (row) => [
        h("span", { text: row.name || `Product ${row.external_id || row.product_id}` }),
        h("span", { class: "cell-sub", text: row.category || "no category" }),
      ],
    },
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
  return ({ products }, view, card) => {
    if (!table) {
      table = new Table(columns, { caption: "Top products", sort: { key: "revenue", direction: -1 } });
      card.view.querySelector(".table-wrap").append(table.element);
    }
    top = Math.max(...products.data.map((row) => row.revenue), 1);
    table.update(products.data);
  };
}

/** The most active users, each a link to the timeline on the live page. */
export const userRequests = (view) => ({ users: ["/api/query/top_users", { ...view.range, limit: 10 }] });

export function userDrawer() {
  let table;
  return ({ users }, _, card) => {
    if (!table) {
      table = new Table(
        [
          {
            key: "external_id",
            label: "User",
            grow: true,
            value: (row) => row.external_id || row.user_id,
            cell: (row) => userLink(row),
          },
          { key: "events", label: "Events", type: "int" },
          { key: "event_types", label: "Kinds", type: "int" },
          { key: "last_day", label: "Last active", type: "day" },
        ],
        { caption: "Top active users", sort: { key: "events", direction: -1 } },
      );
      card.view.querySelector(".table-wrap").append(table.element);
    }
    table.update(users.data);
  };
}

function userLink({ user_id: id, external_id: external }) {
  const href = `${page.live}/#timeline?user_id=${encodeURIComponent(id)}`;
  return h("a", { href, text: external || id });
}
