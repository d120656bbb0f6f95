// Tabs, and the address that opens one: `#orders?user_id=42`.
import { byId } from "../lib/dom.js";

/** `opened(name, params)` and `closed(name)` are called as tabs change. */
export function makeTabs({ opened, closed }) {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  let current;

  function select(name, given = new URLSearchParams()) {
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

  function follow() {
    const [name, query] = split(location.hash);
    if (!tabs.some((tab) => tab.dataset.tab === name)) return false;
    select(name, new URLSearchParams(query));
    byId("explore").scrollIntoView({ block: "start" });
    return true;
  }

  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => {
      history.replaceState(null, "", `#${tab.dataset.tab}`);
      select(tab.dataset.tab);
    });
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    });
  });
  window.addEventListener("hashchange", follow);
  if (!follow()) select(tabs[0].dataset.tab);
}

function split(hash) {
  const at = hash.indexOf("?");
  return at < 0 ? [hash.slice(1), ""] : [hash.slice(1, at), hash.slice(at + 1)];
}
