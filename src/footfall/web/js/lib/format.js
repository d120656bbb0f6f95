// How numbers, money, shares and times are written: by the viewer's locale, in the chosen time zone.
import { page } from "./dom.js";

const integers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const tenths = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
/** Money in the shop's currency; where the browser takes its code for none, a number with the code behind. */
function currency(options) {
  const code = page.currency || "USD";
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency: code, ...options });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const { currencyDisplay: _, ...rest } = options;
    const numbers = new Intl.NumberFormat(undefined, { minimumFractionDigits: rest.notation ? 0 : 2, maximumFractionDigits: 2, ...rest });
    return { format: (value) => `${numbers.format(value)} ${code}` };
  }
}

const cents = currency({ currencyDisplay: "narrowSymbol" });
const whole = currency({ currencyDisplay: "narrowSymbol", minimumFractionDigits: 0, maximumFractionDigits: 0 });
const compactMoney = currency({ currencyDisplay: "narrowSymbol", notation: "compact", maximumFractionDigits: 1 });
const LOOKS = {
  dayMonth: { day: "numeric", month: "short" },
  fullDay: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  month: { month: "short", year: "numeric" },
  clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
};
let zone;
let dates;

/** Writes times in this zone from now on. */
export function setZone(name) {
  if (zone === name) return;
  zone = name;
  const made = ([look, options]) => [look, new Intl.DateTimeFormat(undefined, { timeZone: zone, ...options })];
  dates = Object.fromEntries(Object.entries(LOOKS).map(made));
}

setZone("UTC");

/** The zone's name, short: UTC, Berlin. */
export const zoneName = () => zone.split("/").at(-1).replaceAll("_", " ");

const regions = new Intl.DisplayNames(undefined, { type: "region", fallback: "code" });

const NOTHING = "–";
const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);

/** 1,234 */
export const count = (value) => (known(value) ? integers.format(value) : NOTHING);

/** 1,234 up to 9,999, then 12.3k: for charts only. */
export const short = (value) => (Math.abs(value) < 10_000 ? integers.format(value) : compact.format(value));

/** $1,234.50 */
export const money = (value) => (known(value) ? cents.format(value) : NOTHING);

/** $1,235 */
export const wholeMoney = (value) => (known(value) ? whole.format(value) : NOTHING);

/** $12.3K: for charts only. */
export const shortMoney = (value) => (Math.abs(value) < 10_000 ? whole.format(value) : compactMoney.format(value));

/** An id that is too long for its place, by its beginning and its end, which tell ids apart. */
export const shortId = (id, length = 11) =>
  id.length > length ? `${id.slice(0, Math.ceil((length - 1) / 2))}…${id.slice(-Math.floor((length - 1) / 2))}` : id;

/** 12.3% of a number that is a percentage already. */
export const percent = (value) => (known(value) ? `${tenths.format(value)}%` : NOTHING);

/** One decimal, as seconds or rates have. */
export const tenth = (value) => (known(value) ? tenths.format(value) : NOTHING);

/** 24 Nov; month and year for a month. */
export const day = (time) => dates.dayMonth.format(new Date(time));
export const monthOf = (time) => dates.month.format(new Date(time));
export const longDay = (time) => dates.fullDay.format(new Date(time));

/** A day that an answer names by its date alone, whatever the zone. */
export const dateOf = (text) => plainDay.format(new Date(text));
const plainDay = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", ...LOOKS.dayMonth });

/** 13:05, 13:05:09 */
export const time = (value) => dates.clock.format(new Date(value));
export const seconds = (value) => dates.seconds.format(new Date(value));

/** 24 Nov, 13:05:09 UTC */
export const moment = (value) => `${day(value)}, ${seconds(value)} ${zoneName()}`;

/** How long ago, for times under a day; else the day. */
export function ago(value, now = Date.now()) {
  const passed = Math.max(0, (now - new Date(value).getTime()) / 1000);
  if (passed < 60) return `${Math.floor(passed)} s ago`;
  if (passed < 3600) return `${Math.floor(passed / 60)} min ago`;
  if (passed < 86_400) return `${Math.floor(passed / 3600)} h ago`;
  return day(value);
}

/** 340 ms, 12 s, 3 min, 2.5 h, 4 days: how long something took, in milliseconds. */
export function duration(ms) {
  if (!known(ms)) return NOTHING;
  if (ms < 1000) return `${integers.format(ms)} ms`;
  if (ms < 90_000) return `${integers.format(ms / 1000)} s`;
  if (ms < 5_400_000) return `${integers.format(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${tenths.format(ms / 3_600_000)} h`;
  return `${tenths.format(ms / 86_400_000)} days`;
}

/** A country's name in the viewer's language; codes are ISO 3166 but for UK, and ZZ where it is unknown. */
export function country(code) {
  if (!code || code === "ZZ") return "Unknown";
  try {
    return regions.of(code === "UK" ? "GB" : code);
  } catch {
    return code;
  }
}

/** product_view → Product view */
export function words(name) {
  const text = String(name).replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
