// One product's page: what shoppers did with it, what it brought, its orders.
import { runBoard } from "./lib/board.js";
import { Card } from "./lib/card.js";
import { byId, page } from "./lib/dom.js";
import { count, money, percent, words } from "./lib/format.js";
import { orderTable } from "./dashboard/orders.js";
import * as days from "./dashboard/days.js";
import { productName } from "./dashboard/products.js";
import * as together from "./dashboard/together.js";
import { Table } from "./lib/table.js";

const id = page.id;
const activity = (view) => ["product_activity", { ...view.range, product_id: id }];

function drawFigures({ activity: { data }, products }) {
  const of = (type) => data.find((row) => row.event_type === type) ?? { events: 0, unique_users: 0 };
  const [viewed, added, bought] = ["product_view", "add_to_cart", "purchase"].map(of);
  const row = products.data.find((product) => [product.product_id, product.external_id].includes(id));
  const share = (users) => (viewed.unique_users ? percent((100 * users) / viewed.unique_users) : "–");
  const shown = {
    views: [count(viewed.events), `${count(viewed.unique_users)} users`],
    carts: [count(added.events), `${count(added.unique_users)} users`],
    purchases: [count(bought.events), `${count(bought.unique_users)} users`],
    cart_rate: [share(added.unique_users)],
    buy_rate: [share(bought.unique_users)],
    revenue: [money(row?.revenue ?? 0), row ? `${count(row.quantity)} sold in ${count(row.orders)} orders` : "\u00a0"],
  };
  for (const [key, [value, note]] of Object.entries(shown)) {
    byId(`figure-${key}`).querySelector(".figure-value").textContent = value;
    if (note) byId(`figure-${key}`).querySelector(".figure-change").textContent = note;
  }
  if (!row) return;
  byId("page-title").textContent = productName(row);
  byId("page-note").textContent = [row.category, `id ${row.external_id || row.product_id}`].filter(Boolean).join(" · ");
  document.title = `${productName(row)} · Footfall`;
}

function activityTable() {
  let table;
  return ({ activity: answer }, _, card) => {
    if (!table) {
      const columns = [
        { key: "event_type", label: "Event", grow: true, value: (row) => words(row.event_type) },
        { key: "events", label: "Events", type: "int" },
        { key: "unique_users", label: "Users", type: "int" },
        { key: "revenue", label: "Revenue", type: "money" },
        { key: "latest", label: "Latest", type: "time" },
      ];
      table = new Table(columns, { caption: "Events of the product", name: card.id, sort: { key: "events", direction: -1 } });
      card.view.querySelector(".table-wrap").append(table.element);
    }
    table.update(answer.data);
  };
}

runBoard([
  new Card("figures", {
    requests: (view) => ({ activity: activity(view), products: ["top_products", { ...view.range, limit: 1000 }] }),
    draw: drawFigures,
    plain: true,
    isEmpty: () => false,
  }),
  new Card("trend", { requests: days.requests(id), draw: days.drawer(), empty: "Nobody bought it in this period, and nobody sent it back." }),
  new Card("together", { requests: together.requests(id), draw: together.drawer(true), plain: true, empty: together.EMPTY }),
  new Card("activity", { requests: (view) => ({ activity: activity(view) }), draw: activityTable(), plain: true }),
  new Card("orders", {
    requests: (view) => ({ orders: ["order_history", { ...view.range, product_id: id, limit: 200 }] }),
    draw: orderTable("user"),
    plain: true,
    empty: "Nobody ordered it in this period.",
  }),
]);
