// One product's page: what shoppers did with it, what it brought, its orders.
import { runBoard } from "./lib/board.js";
import { Card } from "./lib/card.js";
import { byId, page } from "./lib/dom.js";
import { count, money, percent, words } from "./lib/format.js";
import { orderTable } from "./dashboard/orders.js";
import * as days from "./dashboard/days.js";
import { heading } from "./dashboard/heading.js";
import { productName } from "./dashboard/products.js";
import * as together from "./dashboard/together.js";
import { Table } from "./lib/table.js";

const id = page.id;

/** What the product brought; its shoppers, for whom raw rows are read, come after. */
const requests = (view) => ({ money: ["top_products", { ...view.range, product_id: id, limit: 1 }] });
const later = (view) => ({ shoppers: ["product_conversion", { ...view.range, product_id: id, limit: 1 }] });

const NO_MONEY = { revenue: 0, orders: 0, quantity: 0 };
const NO_SHOPPERS = { views: 0, viewers: 0, carters: 0, buyers: 0 };

const drawHead = heading("product_lookup", { product_id: id }, (row) => {
  byId("page-title").textContent = productName(row);
  byId("page-note").textContent = [row.category, `id ${row.external_id || row.product_id}`].filter(Boolean).join(" · ");
  document.title = `${productName(row)} · Footfall`;
});

function drawFigures({ money: earned, shoppers }) {
  drawHead();
  const { revenue, orders, quantity } = earned.data[0] ?? NO_MONEY;
  const { views, viewers, carters, buyers, cart_rate: added, conversion } = shoppers ? (shoppers.data[0] ?? NO_SHOPPERS) : {};
  show("views", count(views));
  show("viewers", count(viewers));
  show("carters", count(carters), `${percent(added)} of viewers`);
  show("buyers", count(buyers));
  show("conversion", percent(conversion));
  show("revenue", money(revenue), `${count(quantity)} sold in ${count(orders)} ${orders === 1 ? "order" : "orders"}`);
}

/** What the side sheet shows, with a name for each. */
const sources = ({ money: earned, shoppers }) =>
  [
    { answer: earned, label: "Money" },
    { answer: shoppers, label: "Shoppers" },
  ].filter(({ answer }) => answer);

function show(key, value, note) {
  byId(`figure-${key}`).querySelector(".figure-value").textContent = value;
  if (note) byId(`figure-${key}`).querySelector(".figure-change").textContent = note;
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
  new Card("figures", { requests, later, draw: drawFigures, sources, plain: true, isEmpty: () => false }),
  new Card("trend", { requests: days.requests(id), draw: days.drawer(), empty: "Nobody bought it in this period, and nobody sent it back." }),
  new Card("together", { requests: together.requests(id), draw: together.drawer(true), plain: true, empty: together.EMPTY }),
  new Card("activity", { requests: (view) => ({ activity: ["product_activity", { ...view.range, product_id: id }] }), draw: activityTable(), plain: true }),
  new Card("orders", {
    requests: (view) => ({ orders: ["order_history", { ...view.range, product_id: id, limit: 200 }] }),
    draw: orderTable("user"),
    plain: true,
    empty: "Nobody ordered it in this period.",
  }),
]);
