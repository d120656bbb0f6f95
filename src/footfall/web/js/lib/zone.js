// Hours, days, weeks and months of a time zone, for axes: where they begin, and which comes next.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const writers = new Map();

function writer(zone) {
  if (!writers.has(zone)) {
    const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
    writers.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...parts }));
  }
  return writers.get(zone);
}

/** The zone's clock at a moment, as a Date whose UTC fields are the local ones. */
export function local(time, zone) {
  if (zone === "UTC") return new Date(time);
  const parts = Object.fromEntries(writer(zone).formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  return new Date(Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second));
}

/** The moment at which the zone's clock shows this (a Date as `local` answers). */
function moment(clock, zone) {
  const wanted = clock.getTime();
  const offset = (time) => local(time, zone).getTime() - time;
  const first = wanted - offset(wanted);
  return wanted - offset(first);
}

/** Start of the hour, day, week (Monday) or month of a moment. */
export function startOf(time, grain, zone) {
  const clock = local(Math.floor(time / 1000) * 1000, zone);
  if (grain === "hour") {
    clock.setUTCMinutes(0, 0, 0);
    return time - (local(time, zone).getTime() - clock.getTime()) - (time % 1000);
  }
  clock.setUTCHours(0, 0, 0, 0);
  if (grain === "week") clock.setUTCDate(clock.getUTCDate() - ((clock.getUTCDay() + 6) % 7));
  if (grain === "month") clock.setUTCDate(1);
  return moment(clock, zone);
}

/** Start of the period after the one that begins at `start`. */
export function nextStart(start, grain, zone) {
  if (grain === "hour") return start + HOUR;
  const into = { day: 26 * HOUR, week: 7 * DAY + 2 * HOUR, month: 32 * DAY }[grain];
  return startOf(start + into, grain, zone);
}

/** Starts of the periods from `from` until before `to` (times as answers show them). */
export function buckets(from, to, grain, zone) {
  const end = new Date(to).getTime();
  const starts = [];
  let at = startOf(new Date(from).getTime(), grain, zone);
  while (at < end) {
    starts.push(at);
    at = nextStart(at, grain, zone);
  }
  return starts;
}

/** The moment that a cell of an answer means: a day is its midnight in the zone. */
export function momentOf(cell, zone) {
  if (!/^\d{4}-\d\d-\d\d$/.test(cell)) return Date.parse(cell);
  return zone === "UTC" ? Date.parse(cell) : moment(new Date(cell), zone);
}

/** Rows by start, undefined where there is none; `key` names the row's time. */
export function byBucket(rows, key, starts, zone) {
  const found = new Map(rows.map((row) => [momentOf(row[key], zone), row]));
  return starts.map((start) => found.get(start));
}

/** Today's date in a zone, as 2026-11-29. */
export const today = (zone) => local(Date.now(), zone).toISOString().slice(0, 10);
