// The dashboard: cards for the view in the address.
import { byId } from "./lib/dom.js";
import { runBoard } from "./lib/board.js";
import { Card } from "./lib/card.js";
import * as breakdown from "./dashboard/breakdown.js";
import * as figures from "./dashboard/figures.js";
import * as funnel from "./dashboard/funnel.js";
import * as geography from "./dashboard/geography.js";
import * as hourly from "./dashboard/hourly.js";
import * as products from "./dashboard/products.js";
import * as retention from "./dashboard/retention.js";
import * as revenue from "./dashboard/revenue.js";
import * as segments from "./dashboard/segments.js";
import * as together from "./dashboard/together.js";
import * as users from "./dashboard/users.js";
import * as week from "./dashboard/week.js";

const overview = new Card("figures", {
  requests: figures.requests,
  later: figures.later,
  draw: figures.draw,
  plain: true,
  isEmpty: () => false,
  sources: figures.sources,
});
for (const label of document.querySelectorAll("#card-figures .figure-label")) {
  label.addEventListener("click", () => overview.how());
}

const table = ({ requests, draw, table: rows }, options = {}) => ({ requests, draw: draw(), plain: true, table: rows, ...options });
const tiles = new Card("segments", {
  requests: segments.requests,
  later: segments.later,
  draw: segments.drawer(),
  isEmpty: ({ segments: answer }) => !answer.data.some((row) => row.users),
  empty: "Nobody bought in this period. Segments are of users with at least one purchase.",
});

const cards = [
  overview,
  new Card("revenue", { requests: revenue.requests, draw: revenue.drawer(), isEmpty: revenue.isEmpty }),
  new Card("funnel", { requests: funnel.requests, later: funnel.later, note: funnel.note, draw: funnel.drawer(), isEmpty: funnel.isEmpty }),
  new Card("products", { requests: products.requests, later: products.later, note: products.note, draw: products.drawer(), plain: true }),
  new Card("categories", table(breakdown.categories)),
  new Card("hourly", { requests: hourly.requests, draw: hourly.drawer(), isEmpty: hourly.isEmpty }),
  new Card("week", { requests: week.requests, draw: week.drawer(), isEmpty: week.isEmpty, table: week.table }),
  new Card("geography", { requests: geography.requests, draw: geography.drawer(), table: geography.table, plain: true }),
  tiles,
  new Card("retention", { requests: retention.requests, draw: retention.drawer(), plain: true }),
  new Card("together", { requests: together.requests(), draw: together.drawer(), plain: true, empty: together.EMPTY }),
  new Card("devices", table(breakdown.devices)),
  new Card("browsers", table(breakdown.browsers)),
  new Card("sources", table(breakdown.sources(byId("sources-by")))),
  new Card("searches", table(breakdown.searches, { empty: "Nobody searched in this period." })),
  new Card("users", { requests: users.requests, draw: users.drawer(users.userHref, { pageSize: 9 }), plain: true }),
];

revenue.wireGrain();
funnel.wireSteps();
segments.wireMoves(() => tiles.answers);
users.wireLookup();
runBoard(cards);
