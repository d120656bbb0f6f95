// Going from one view to another: by the address, so that Back goes back and a link shows the same.
import { address } from "./view.js";
import { local } from "./zone.js";

let follow = () => {};

/** `then` is called with each new address; once a page. */
export function onNavigate(then) {
  follow = then;
  window.addEventListener("popstate", () => follow());
}

/** Puts a change into the address, which Back undoes; null takes something out. Answers whether it was one. */
export function put(changes) {
  const next = address(changes);
  if (next === location.pathname + location.search) return false;
  history.pushState(null, "", next + location.hash);
  return true;
}

/** Changes the view, of which tables begin at their first page. */
export function go(changes) {
  if (put({ pages: null, ...changes })) follow();
}

/** Puts into the address what changes while one types; Back does not undo it letter by letter. */
export const keep = (changes) => history.replaceState(null, "", address(changes) + location.hash);

/** The names in a list of the address, as `tables=revenue,week`. */
export const listed = (name) => new URLSearchParams(location.search).get(name)?.split(",") ?? [];

/** What a list of the address says of `about`, as `pages=products.2,users.3` says 3 of users. */
export const said = (list, about) => listed(list).find((entry) => entry.startsWith(`${about}.`))?.slice(about.length + 1);

/** That list as it is once it says `what` of `about`; null says nothing of it. */
export function saying(list, about, what) {
  const others = listed(list).filter((entry) => !entry.startsWith(`${about}.`));
  return (what === null ? others : [...others, `${about}.${what}`]).join(",");
}

/** Shows the day of a mark that was clicked on a chart over time. */
export function openDay({ starts, zone }, index) {
  const date = local(starts[index], zone).toISOString().slice(0, 10);
  go({ period: "custom", from: date, to: date });
}

/** Filters by a value, or no longer where it is the filter already. */
export function toggleFilter(name, value) {
  const current = new URLSearchParams(location.search).get(name);
  go({ [name]: current === value ? null : value });
}
