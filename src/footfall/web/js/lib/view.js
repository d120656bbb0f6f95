// What the page shows, as the address says it: period and comparison, filters, time zone, what cards are set to.
// Nothing else knows it.
// Times are sent as the server understands them (`today-6d`, `now`), so that every card means the same.
import { today } from "./zone.js";

const DAY = 86_400_000;
const ROLLING = { "7d": 7, "30d": 30, "90d": 90 };
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const GRAINS = ["hour", "day", "week", "month"];
const SOURCES = ["utm_source", "utm_medium", "utm_campaign", "referrer"];

/** Filters by the name of their parameter. */
export const FILTERS = {
  country: "Country",
  device_type: "Device",
  browser: "Browser",
  event_type: "Event",
  category: "Category",
  utm_source: "Source",
  utm_medium: "Medium",
  utm_campaign: "Campaign",
  segment: "Segment",
};

/** The view in an address: {period, days, range, before, words, beforeWords, running, grain, filters, zone, compare,
    chosenGrain, steps, sources, find}. */
export function viewOf(search) {
  const given = new URLSearchParams(search);
  const zone = knownZone(given.get("tz"));
  const view = period(given, zone);
  const filters = Object.fromEntries(Object.keys(FILTERS).flatMap((name) => (given.get(name) ? [[name, given.get(name)]] : [])));
  const compare = ["year", "none"].includes(given.get("compare")) ? given.get("compare") : "before";
  if (compare === "year") Object.assign(view, yearBefore(view, zone));
  const grain = GRAINS.includes(given.get("grain")) ? given.get("grain") : undefined;
  const steps = given.get("steps") || undefined;
  const sources = SOURCES.includes(given.get("sources")) ? given.get("sources") : SOURCES[0];
  return { ...view, filters, compare, zone, chosenGrain: grain, steps, sources, find: given.get("find") ?? "" };
}

/** The address of this view with changes; null takes something out. */
export function address(changes, search = location.search) {
  const given = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") given.delete(name);
    else given.set(name, value);
  }
  const text = given.toString().replaceAll("%2C", ",");
  return `${location.pathname}${text ? `?${text}` : ""}`;
}

/** What a link to another page of ours takes along. */
export function carried(search = location.search) {
  const given = new URLSearchParams(search);
  const kept = ["period", "from", "to", "tz", "compare", "theme"].filter((name) => given.has(name));
  const text = new URLSearchParams(kept.map((name) => [name, given.get(name)])).toString();
  return text ? `?${text}` : "";
}

function knownZone(name) {
  try {
    return name ? new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone : "UTC";
  } catch {
    return "UTC";
  }
}

function period(given, zone) {
  const name = given.get("period") ?? "30d";
  if (name === "today") {
    return made(name, 1, "today", "now", "today-1d", "now-1d", "today so far", "yesterday until this time");
  }
  if (name === "yesterday") {
    return made(name, 1, "today-1d", "today", "today-2d", "today-1d", "yesterday", "the day before");
  }
  if (name === "month") return month(zone);
  const custom = name === "custom" && customPeriod(given.get("from"), given.get("to"));
  if (custom) return custom;
  const known = name in ROLLING ? name : "30d";
  const days = ROLLING[known];
  const [from, since, until] = [`today-${days - 1}d`, `today-${2 * days - 1}d`, `now-${days}d`];
  return made(known, days, from, "now", since, until, `the last ${days} days`, `the ${days} days before`);
}

/** This month so far, and as much of the month before: up to this time of the same day, or all of it where it is shorter. */
function month(zone) {
  const now = today(zone);
  const first = `${now.slice(0, 8)}01`;
  const last = shifted(first, -1);
  const [days, length] = [now, last].map((day) => Number(day.slice(8)));
  const [until, words] = days > length ? [first, "the whole month before"] : [`now-${length}d`, "as much of the month before"];
  return made("month", days, first, "now", `${last.slice(0, 8)}01`, until, "this month so far", words);
}

/** `first` and `last` are days, both included, as a person names them. */
function customPeriod(first, last) {
  if (!DATE.test(first ?? "") || !DATE.test(last ?? "")) return undefined;
  const days = Math.round((Date.parse(last) - Date.parse(first)) / DAY) + 1;
  if (!(days > 0)) return undefined;
  const words = first === last ? first : `${first} to ${last}`;
  const before = days === 1 ? "the day before" : `the ${days} days before`;
  const range = [first, shifted(last, 1), shifted(first, -days), first];
  return { ...made("custom", days, ...range, words, before), first, last };
}

/** The same days a year (52 weeks, so that weekdays agree) before. */
function yearBefore({ range, period: name, days }, zone) {
  const now = today(zone);
  const from = DATE.test(range.from) ? range.from : shifted(now, name === "yesterday" ? -1 : 1 - days);
  const to = DATE.test(range.to) ? range.to : shifted(now, range.to === "today" ? 0 : 1);
  const before = { from: shifted(from, -364), to: shifted(to, -364) };
  return { before: range.to === "now" ? { ...before, to: "now-364d" } : before, beforeWords: "a year before" };
}

const shifted = (day, days) => new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);

function made(name, days, from, to, beforeFrom, beforeTo, words, beforeWords) {
  return {
    period: name,
    days,
    range: { from, to },
    before: { from: beforeFrom, to: beforeTo },
    words,
    beforeWords,
    running: to === "now",
    grain: days > 92 ? "month" : "day",
  };
}
