// The mark in the bar that says how old the newest event is: amber past a minute, red past ten.
import { byId } from "./dom.js";
import { ago, moment } from "./format.js";

let newest;

/** Tells of an answer's newest row; the newest of all is shown. */
export function fresh(time) {
  if (!time) return;
  const at = Date.parse(time);
  if (newest === undefined || at > newest) newest = at;
  show();
}

function show() {
  const mark = byId("fresh");
  if (!mark || newest === undefined) return;
  const age = (Date.now() - newest) / 1000;
  mark.textContent = `newest event ${ago(newest)}`;
  mark.title = moment(newest);
  mark.dataset.state = age < 60 ? "fresh" : age < 600 ? "late" : "old";
}

setInterval(show, 1000);

/** Shows or hides the notice above the page. */
export function notice(text) {
  const bar = byId("notice");
  bar.hidden = !text;
  if (text && bar.textContent !== text) bar.textContent = text;
}
