// Six figures, each with its shape over the period and its change against the period before.
import { byId, h } from "../lib/dom.js";
import { count, money, percent, tenth, wholeMoney } from "../lib/format.js";
import { byBucket, buckets } from "../lib/period.js";
import { sparkline } from "../lib/sparkline.js";

export const FIGURES = [
  { key: "visitors", label: "Visitors", format: count, exact: count, series: "visitors" },
  { key: "sessions", label: "Sessions", format: count, exact: count, series: "sessions" },
  { key: "orders", label: "Orders", format: count, exact: count, series: "orders" },
  { key: "net", label: "Net revenue", format: wholeMoney, exact: money, series: "net" },
  { key: "aov", label: "Average order value", format: money, exact: money, series: "aov" },
  { key: "conversion", label: "Conversion", format: percent, exact: percent, series: "conversion" },
];

/** Requests for the figures now, before, and their shape. */
export function requests(view) {
  const series = { ...view.range };
  const hourly = view.days === 1;
  const stats = "/api/stats";
  return {
    now: [stats, view.range],
    before: [stats, view.before],
    activity: [hourly ? "/api/hourly-activity" : "/api/query/daily_activity", series],
    buyers: [hourly ? "/api/hourly-activity" : "/api/query/daily_activity", { ...series, event_type: "purchase" }],
    money: ["/api/revenue-trend", { ...series, grain: hourly ? "hour" : "day" }],
  };
}

/** Draws them into the six cells. */
export function draw(answers, view) {
  const [now] = answers.now.data;
  const [before] = answers.before.data;
  const shapes = shapesOf(answers, view);
  for (const figure of FIGURES) {
    const cell = byId(`figure-${figure.key}`);
    const value = cell.querySelector(".figure-value");
    value.textContent = figure.format(now[figure.key]);
    value.title = figure.exact(now[figure.key]);
    cell.querySelector(".figure-change").replaceChildren(...change(figure, now, before, view));
    cell.querySelector(".figure-spark").replaceChildren(sparkline(shapes[figure.series] ?? []));
  }
}

function change({ key, exact }, now, before, view) {
  const [a, b] = [now[key], before[key]];
  if (!b || a === null) return [`${exact(b)} ${view.beforeWords}`];
  const points = key === "conversion";
  const moved = points ? a - b : ((a - b) / Math.abs(b)) * 100;
  const written = points ? `${tenth(Math.abs(moved))} points` : percent(Math.abs(moved));
  const flat = Math.abs(moved) < 0.05;
  const sign = flat ? "" : moved > 0 ? "▲ +" : "▼ −";
  return [
    h("span", { class: flat ? "" : moved > 0 ? "up" : "down", text: `${sign}${written}` }),
    h("span", { class: "sr-only", text: ` against ${exact(b)}, ${view.beforeWords}` }),
    h("span", { "aria-hidden": "true", title: view.beforeWords, text: ` from ${exact(b)}` }),
  ];
}

function shapesOf({ activity, buyers, money: trend }, view) {
  const hourly = view.days === 1;
  const key = hourly ? "hour" : "day";
  const starts = buckets(activity.meta.params.from, activity.meta.params.to, key);
  const visits = byBucket(activity.data, key, starts);
  const bought = byBucket(buyers.data, key, starts);
  const earned = byBucket(trend.data, "period", starts);
  return {
    visitors: visits.map((row) => row?.unique_users ?? 0),
    orders: earned.map((row) => row?.orders ?? 0),
    net: earned.map((row) => row?.net ?? 0),
    aov: earned.map((row) => row?.aov ?? null),
    conversion: visits.map((row, index) =>
      row?.unique_users ? (100 * (bought[index]?.unique_users ?? 0)) / row.unique_users : null,
    ),
  };
}
