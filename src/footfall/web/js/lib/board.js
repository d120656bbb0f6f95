// A page of cards for one view: loads them, refreshes them in place while the page is looked at, follows the address.
import { makeBar } from "./bar.js";
import { time, setZone, zoneName } from "./format.js";
import { fresh, notice } from "./freshness.js";
import { onNavigate } from "./nav.js";
import { makeTheme } from "./theme.js";
import { viewOf } from "./view.js";

const REFRESH_MS = 15_000;
const RETRY_MS = 2_000;

async function loadOne(card, view, quiet) {
  const worked = await card.load(view, { quiet });
  if (worked && card.answers) fresh(card.first.meta.freshness);
  return worked;
}

/** Runs a page; `cards` are loaded in the order in which they stand. */
export function runBoard(cards) {
  let timer;
  let shownAt;
  let loads = 0;

  async function load({ quiet = false } = {}) {
    clearTimeout(timer);
    const mine = ++loads;
    const view = viewOf(location.search); // of this moment: a page may be open when its month ends
    const worked = await Promise.all(cards.map((card) => loadOne(card, view, quiet)));
    if (mine !== loads) return; // the later load goes on
    const ok = worked.every(Boolean);
    if (ok) shownAt = Date.now();
    const last = shownAt ? ` Figures are from ${time(shownAt)} ${zoneName()}.` : "";
    notice(ok ? "" : `The database does not answer; trying again.${last}`);
    if (!document.hidden) timer = setTimeout(() => load({ quiet: true }), ok ? REFRESH_MS : RETRY_MS);
  }

  const bar = makeBar();
  function follow() {
    const view = viewOf(location.search);
    setZone(view.zone);
    bar.show(view);
    load();
  }

  onNavigate(follow);
  makeTheme();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else load({ quiet: true });
  });
  follow();
}
