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

/** Changes the view. */
export function go(changes) {
  if (put(changes)) follow();
}

/** Puts into the address what changes while one types; Back does not undo it letter by letter. */
export const keep = (changes) => history.replaceState(null, "", address(changes) + location.hash);

/** The names in a list of the address, as `tables=revenue,week`. */
export const listed = (name) => new URLSearchParams(location.search).get(name)?.split(",") ?? [];

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
