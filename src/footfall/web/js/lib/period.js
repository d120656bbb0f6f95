// The period that the page shows and the one before it, as the address says it; days are UTC.
// Times are sent as the server understands them (`today-6d`, `now`), so that every card means the same.

const DAY = 86_400_000;
const ROLLING = { "7d": 7, "30d": 30, "90d": 90 };
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** The view in the address: {period, days, range, before, words, beforeWords, running, grain}. */
export function viewOf(search) {
  const given = new URLSearchParams(search);
  const period = given.get("period") ?? "30d";
  if (period === "today") {
    return view(period, 1, "today", "now", "today-1d", "now-1d", "today so far", "yesterday until this time");
  }
  if (period === "yesterday") {
    return view(period, 1, "today-1d", "today", "today-2d", "today-1d", "yesterday", "the day before");
  }
  if (period === "custom") {
    const custom = customView(given.get("from"), given.get("to"));
    if (custom) return custom;
  }
  const known = period in ROLLING ? period : "30d";
  const days = ROLLING[known];
  return view(
    known,
    days,
    `today-${days - 1}d`,
    "now",
    `today-${2 * days - 1}d`,
    `now-${days}d`,
    `the last ${days} days`,
    `the ${days} days before`,
  );
}

/** `first` and `last` are days, both included, as a person names them. */
function customView(first, last) {
  if (!DATE.test(first ?? "") || !DATE.test(last ?? "")) return undefined;
  const from = Date.parse(first);
  const to = Date.parse(last) + DAY;
  if (Number.isNaN(from) || Number.isNaN(to) || to <= from) return undefined;
  const days = Math.round((to - from) / DAY);
  const words = first === last ? first : `${first} to ${last}`;
  const before = days === 1 ? "the day before" : `the ${days} days before`;
  return {
    ...view("custom", days, first, iso(to), iso(from - (to - from)), first, words, before),
    first,
    last,
  };
}

const iso = (time) => new Date(time).toISOString().slice(0, 10);

function view(period, days, from, to, beforeFrom, beforeTo, words, beforeWords) {
  return {
    period,
    days,
    range: { from, to },
    before: { from: beforeFrom, to: beforeTo },
    words,
    beforeWords,
    running: to === "now",
    grain: days > 92 ? "month" : "day",
  };
}

/** Starts of the buckets from `from` until before `to` (times as answers show them). */
export function buckets(from, to, grain) {
  const end = new Date(to).getTime();
  const starts = [];
  const at = new Date(from);
  if (grain === "month") at.setUTCDate(1);
  if (grain !== "hour") at.setUTCHours(0, 0, 0, 0);
  else at.setUTCMinutes(0, 0, 0);
  while (at.getTime() < end) {
    starts.push(at.getTime());
    if (grain === "month") at.setUTCMonth(at.getUTCMonth() + 1);
    else at.setTime(at.getTime() + (grain === "hour" ? DAY / 24 : DAY));
  }
  return starts;
}

/** Rows by bucket, undefined where there is none; `key` names the row's time. */
export function byBucket(rows, key, starts) {
  const found = new Map(rows.map((row) => [Date.parse(row[key]), row]));
  return starts.map((start) => found.get(start));
}
