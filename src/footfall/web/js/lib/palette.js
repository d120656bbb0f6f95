// Colours by name, read from the page's tokens; the same entity has the same colour on every chart.

/** A token's value in the current theme, such as "series-1" or "muted". */
export function color(token) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
}

/** Calls `then` whenever the system or the person changes between light and dark. */
export function onThemeChange(then) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", then);
  document.addEventListener("themechange", then);
}

const ACCOUNT = ["signup", "login"];

const EVENT_TYPES = {
  page_view: "series-6",
  search: "series-7",
  product_view: "series-1",
  add_to_cart: "series-5",
  checkout: "series-4",
  purchase: "series-3",
  refund: "series-2",
  signup: "series-8",
  login: "series-8",
};

/** The token of an event type's colour; types without one of their own share a neutral. */
export const eventToken = (type) => EVENT_TYPES[type] ?? "before";

/** What charts of events stack, in this order: a type, or types that share a colour, and the rest. */
export const EVENT_SERIES = [
  ...Object.keys(EVENT_TYPES)
    .filter((type) => !ACCOUNT.includes(type))
    .map((type) => [type]),
  ACCOUNT,
];

export const MONEY = { gross: "series-1", refunds: "series-2", net: "series-3" };

const SEGMENTS = {
  Champions: "series-3",
  Loyal: "series-1",
  New: "series-6",
  Middle: "series-7",
  "At risk": "series-5",
  Lost: "series-2",
};

export const segmentToken = (segment) => SEGMENTS[segment] ?? "before";
