// Six figures, each with its shape over the period and its change against the period before.
import { byId, h } from "../lib/dom.js";
import { count, money, percent, tenth, wholeMoney } from "../lib/format.js";
import { byBucket, buckets } from "../lib/zone.js";
import { sparkline } from "../lib/sparkline.js";
import { changeOf } from "./change.js";

export const FIGURES = [
  { key: "visitors", label: "Visitors", format: count, exact: count },
  { key: "sessions", label: "Sessions", format: count, exact: count },
  { key: "orders", label: "Orders", format: count, exact: count },
  { key: "net", label: "Net revenue", format: wholeMoney, exact: money },
  { key: "aov", label: "Average order value", format: money, exact: money },
  { key: "conversion", label: "Conversion", format: percent, exact: percent },
];

// Up to so many days, the period before ends at the same time of day as a period that is not over; raw rows
// answer that. Over longer ranges the running day weighs little, and rollups answer whole days.
const EXACT_UP_TO_DAYS = 8;

/** Sessions by hour, which no rollup holds: raw rows answer for the one day. */
export const later = (view) => (view.days === 1 ? { sessions: ["hourly_sessions", view.range] } : {});

/** Requests for the figures now, before, and their shape. */
export function requests(view) {
  const exact = view.running && view.days <= EXACT_UP_TO_DAYS;
  const both = {
    now: ["stats", view.range],
    ...(view.compare !== "none" && { before: [exact ? "stats_exact" : "stats", view.before] }),
  };
  if (view.days > 1) return { ...both, days: ["daily_stats", view.range] };
  return {
    ...both,
    hours: ["hourly_activity", view.range],
    buyers: ["hourly_activity", { ...view.range, event_type: "purchase" }],
    money: ["revenue_trend", { ...view.range, grain: "hour" }],
  };
}

/** What the side sheet shows, with a name for each. */
export function sources({ now, before, days, hours, buyers, money: earned, sessions }) {
  return [
    { answer: now, label: "The period" },
    { answer: before, label: "The period before" },
    { answer: days, label: "Their lines" },
    { answer: hours, label: "Lines of visitors and conversion" },
    { answer: buyers, label: "Line of conversion: buyers" },
    { answer: earned, label: "Lines of orders and money" },
    { answer: sessions, label: "Line of sessions" },
  ].filter(({ answer }) => answer);
}

/** Draws them into the six cells. */
export function draw(answers, view) {
  const [now] = answers.now.data;
  const before = answers.before?.data[0];
  const shapes = shapesOf(answers, view);
  for (const figure of FIGURES) {
    const cell = byId(`figure-${figure.key}`);
    const value = cell.querySelector(".figure-value");
    value.textContent = figure.format(now[figure.key]);
    value.title = figure.exact(now[figure.key]);
    cell.querySelector(".figure-change").replaceChildren(...change(figure, now, before, view));
    cell.querySelector(".figure-spark").replaceChildren(sparkline(shapes[figure.key] ?? []));
  }
}

const WRITTEN = { percent, times: (by) => `${tenth(by)} times`, points: (by) => `${tenth(by)} points` };

function change({ key, format }, now, before, view) {
  if (!before) return ["\u00a0"];
  const [a, b] = [now[key], before[key]];
  const moved = changeOf(a, b, { points: key === "conversion" });
  if (!moved) return [`${format(b)} ${view.beforeWords}`];
  const { kind, by } = moved;
  const written = WRITTEN[kind](Math.abs(by));
  const sign = kind === "times" ? "▲ " : by > 0 ? "▲ +" : by < 0 ? "▼ −" : "";
  return [
    h("span", { class: by > 0 ? "up" : by < 0 ? "down" : "", text: sign + written }),
    h("span", { title: view.beforeWords, text: ` from ${format(b)}` }),
  ];
}

/** The values of each figure's line, oldest first; the running hour or day, a part yet, would look like a fall. */
function shapesOf({ days, hours, buyers, money: earned, sessions }, view) {
  const over = (values) => (view.running && values.length > 2 ? values.slice(0, -1) : values);
  if (days) return Object.fromEntries(FIGURES.map(({ key }) => [key, over(days.data).map((row) => row[key])]));
  const { from, to } = hours.meta.params;
  const starts = over(buckets(from, Math.min(Date.parse(to), Date.now()), "hour", view.zone));
  const visits = byBucket(hours.data, "hour", starts, view.zone);
  const bought = byBucket(buyers.data, "hour", starts, view.zone);
  const money = byBucket(earned.data, "period", starts, view.zone);
  return {
    visitors: visits.map((row) => row?.unique_users ?? 0),
    // None at all: they have not come yet, or their rows have expired, which is no line of zeros.
    sessions: sessions?.data.length ? byBucket(sessions.data, "hour", starts, view.zone).map((row) => row?.sessions ?? 0) : [],
    orders: money.map((row) => row?.orders ?? 0),
    net: money.map((row) => row?.net ?? 0),
    aov: money.map((row) => row?.aov ?? null),
    conversion: visits.map((row, index) =>
      row?.unique_users ? (100 * (bought[index]?.unique_users ?? 0)) / row.unique_users : null,
    ),
  };
}
