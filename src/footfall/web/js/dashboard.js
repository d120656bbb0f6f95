// The dashboard: cards for the period in the address, refreshed in place while the page is looked at.
import { byId } from "./lib/dom.js";
import { Card } from "./lib/card.js";
import { time } from "./lib/format.js";
import { fresh, notice } from "./lib/freshness.js";
import { viewOf } from "./lib/period.js";
import * as figures from "./dashboard/figures.js";
import * as funnel from "./dashboard/funnel.js";
import * as geography from "./dashboard/geography.js";
import * as hourly from "./dashboard/hourly.js";
import * as products from "./dashboard/products.js";
import * as revenue from "./dashboard/revenue.js";
import * as segments from "./dashboard/segments.js";

const REFRESH_MS = 15_000;
const RETRY_MS = 4_000;

const cards = [
  new Card("figures", {
    requests: figures.requests,
    draw: figures.draw,
    plain: true,
    isEmpty: () => false,
    sources: figures.sources,
  }),
  new Card("revenue", { requests: revenue.requests, draw: revenue.drawer(), isEmpty: revenue.isEmpty }),
  new Card("funnel", { requests: funnel.requests, draw: funnel.drawer(), isEmpty: funnel.isEmpty }),
  new Card("products", { requests: products.requests, draw: products.drawer(), plain: true }),
  new Card("segments", {
    requests: segments.requests,
    draw: segments.drawer(),
    isEmpty: ({ segments: answer }) => !answer.data.some((row) => row.users),
    empty: "Nobody bought in this period. Segments are of users with at least one purchase.",
  }),
  new Card("hourly", { requests: hourly.requests, draw: hourly.drawer(), isEmpty: hourly.isEmpty }),
  new Card("week", {
    requests: hourly.weekRequests,
    draw: hourly.weekDrawer(),
    isEmpty: hourly.isEmpty,
    table: hourly.weekRows,
  }),
  new Card("geography", {
    requests: geography.requests,
    draw: geography.drawer(),
    table: geography.table,
    plain: true,
  }),
  new Card("users", { requests: products.userRequests, draw: products.userDrawer(), plain: true }),
];

for (const label of document.querySelectorAll("#card-figures .figure-label")) {
  label.addEventListener("click", () => cards[0].how());
}

let view = viewOf(location.search);
let timer;
let shownAt;

async function load({ quiet = false } = {}) {
  clearTimeout(timer);
  const current = view;
  const worked = await Promise.all(cards.map((card) => card.load(current, { quiet })));
  if (current !== view) return;
  const ok = worked.every(Boolean);
  if (ok) {
    shownAt = Date.now();
    for (const card of cards) if (card.answers) fresh(card.first.meta.freshness);
  }
  const last = shownAt ? ` Figures are from ${time(shownAt)} UTC.` : "";
  notice(ok ? "" : `The database does not answer; trying again.${last}`);
  timer = setTimeout(() => load({ quiet: true }), ok ? REFRESH_MS : RETRY_MS);
}

function show(next) {
  view = next;
  for (const link of document.querySelectorAll("[data-period]")) {
    if (link.dataset.period === view.period) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  byId("period-words").textContent = view.words;
  if (view.period === "custom") {
    byId("custom-from").value = view.first;
    byId("custom-to").value = view.last;
  }
}

function go(search) {
  history.pushState(null, "", search);
  show(viewOf(location.search));
  load();
}

document.querySelector(".periods").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-period]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});

byId("custom").addEventListener("submit", (event) => {
  event.preventDefault();
  const [from, to] = [byId("custom-from").value, byId("custom-to").value];
  const [first, last] = from <= to ? [from, to] : [to, from];
  event.target.closest("details").open = false;
  go(`?period=custom&from=${first}&to=${last}`);
});

window.addEventListener("popstate", () => {
  show(viewOf(location.search));
  load();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else load({ quiet: true });
});

document.addEventListener("keydown", (event) => {
  const details = document.querySelector(".periods details[open]");
  if (event.key === "Escape" && details) {
    details.open = false;
    details.querySelector("summary").focus();
  }
});

show(view);
load();
