// Tabs, and the address that opens one: `#orders?user_id=42`.
import { byId } from "../lib/dom.js";

const last = new Map(); // what each tab showed

/** Puts what a tab shows into the address, so that Back goes back to what it showed before. */
export function keepTab(name, given) {
  const query = new URLSearchParams(given).toString();
  put(name, `#${name}${query ? `?${query}` : ""}`);
}

function put(name, hash) {
  last.set(name, hash);
  if (hash !== location.hash) history.pushState(null, "", hash);
}

/**
 * `opened(name, params)` and `closed(name)` are called as tabs change; the params are those of the address where that
 * opened it. Answers a function that shows a tab, whose work puts itself into the address.
 */
export function makeTabs({ opened, closed }) {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  let current;

  function select(name, given) {
    if (current && current !== name) closed(current);
    current = name;
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      byId(`panel-${tab.dataset.tab}`).hidden = !chosen;
    }
    opened(name, given);
  }

  function open(name) {
    if (name === current) return;
    put(name, last.get(name) ?? `#${name}`);
    select(name);
  }

  function follow() {
    const [name, query] = split(location.hash);
    if (!tabs.some((tab) => tab.dataset.tab === name)) return false;
    last.set(name, location.hash);
    select(name, new URLSearchParams(query));
    byId("explore").scrollIntoView({ block: "start" });
    return true;
  }

  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => open(tab.dataset.tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    });
  });
  window.addEventListener("hashchange", () => {
    if (!location.hash) select(tabs[0].dataset.tab);
    else follow();
  });
  if (!follow()) select(tabs[0].dataset.tab);
  return select;
}

function split(hash) {
  const at = hash.indexOf("?");
  return at < 0 ? [hash.slice(1), ""] : [hash.slice(1, at), hash.slice(at + 1)];
}
