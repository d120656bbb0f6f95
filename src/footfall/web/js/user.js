// One user's page: the timeline by session, orders and what they brought.
import { runBoard } from "./lib/board.js";
import { Card } from "./lib/card.js";
import { byId, page } from "./lib/dom.js";
import { ago, count, country, dateOf, money, moment } from "./lib/format.js";
import { orderTable } from "./dashboard/orders.js";
import { heading } from "./dashboard/heading.js";
import { drawSessions } from "./dashboard/sessions.js";

const id = page.id;
const orders = (view) => ["order_history", { ...view.range, user_id: id, limit: 1000 }];

/** What the shop says of the user; nothing where it has said nothing. */
const drawHead = heading("user_lookup", { user_id: id }, (row) => {
  const name = row.external_id || row.user_id;
  const about = [
    country(row.country),
    row.is_premium && "premium",
    row.age > 0 && `${count(row.age)} years old`,
    row.registration_date > "1970-01-01" && `registered ${dateOf(row.registration_date)} ${row.registration_date.slice(0, 4)}`,
    `id ${row.user_id}`,
  ];
  byId("page-title").textContent = `User ${name}`;
  byId("page-note").textContent = about.filter(Boolean).join(" · ");
  document.title = `User ${name} · Footfall`;
});

function drawFigures(answers) {
  drawHead();
  const [{ orders: number, gross, refunds, net, aov }] = answers.totals.data;
  const last = answers.orders.data.find((row) => row.status === "completed")?.order_timestamp;
  const shown = {
    orders: count(number),
    gross: money(gross),
    refunds: money(refunds),
    net: money(net),
    aov: money(aov),
    last: last ? ago(last) : "–",
  };
  for (const [key, value] of Object.entries(shown)) byId(`figure-${key}`).querySelector(".figure-value").textContent = value;
  if (last) byId("figure-last").querySelector(".figure-value").title = moment(last);
}

runBoard([
  new Card("figures", {
    requests: (view) => ({ totals: ["order_totals", { ...view.range, user_id: id }], orders: orders(view) }),
    draw: drawFigures,
    plain: true,
    isEmpty: () => false,
  }),
  new Card("timeline", {
    requests: () => ({ timeline: ["user_timeline", { user_id: id, limit: 200 }] }),
    draw: drawSessions,
    plain: true,
    empty: "No event of this user is kept. The id is the shop's own, or the number that Footfall shows.",
  }),
  new Card("orders", {
    requests: (view) => ({ orders: orders(view) }),
    draw: orderTable("product"),
    plain: true,
    empty: "This user ordered nothing in this period.",
  }),
]);
