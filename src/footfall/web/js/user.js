// One user's page: the timeline by session, orders and what they brought.
import { runBoard } from "./lib/board.js";
import { Card } from "./lib/card.js";
import { byId, page } from "./lib/dom.js";
import { ago, count, country, dateOf, money, moment } from "./lib/format.js";
import { orderTable } from "./dashboard/orders.js";
import { drawSessions } from "./dashboard/sessions.js";

const id = page.id;
const orders = (view) => ["order_history", { ...view.range, user_id: id, limit: 1000 }];

/** What the shop says of the user; nothing where it has said nothing. */
function drawProfile({ profile: { data } }) {
  const [row] = data;
  if (!row) return;
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
}

function drawFigures(answers) {
  drawProfile(answers);
  const { data } = answers.orders;
  const sum = (...kinds) => data.filter((row) => kinds.includes(row.status)).reduce((all, row) => all + row.total_amount, 0);
  const completed = data.filter((row) => row.status === "completed");
  const number = new Set(completed.map((row) => row.order_id)).size;
  const [gross, refunds] = [sum("completed"), sum("refunded", "cancelled")];
  const last = completed[0]?.order_timestamp;
  const shown = {
    orders: count(number),
    gross: money(gross),
    refunds: money(refunds),
    net: money(gross + refunds),
    aov: money(number ? gross / number : null),
    last: last ? ago(last) : "–",
  };
  for (const [key, value] of Object.entries(shown)) byId(`figure-${key}`).querySelector(".figure-value").textContent = value;
  if (last) byId("figure-last").querySelector(".figure-value").title = moment(last);
}

runBoard([
  new Card("figures", { requests: (view) => ({ orders: orders(view), profile: ["user_lookup", { user_id: id }] }), draw: drawFigures, plain: true, isEmpty: () => false }),
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
