// The bar on top: period, comparison, filters as chips, zone. It shows the view and changes the address.
import { ask } from "./ask.js";
import { byId, h } from "./dom.js";
import { country, words } from "./format.js";
import { icon } from "./icons.js";
import { go } from "./nav.js";
import { FILTERS } from "./view.js";

const NAMED = { country, event_type: words };

// Where values to choose from come from: [query, params, column].
const VALUES = {
  country: ["country_stats", {}, "country"],
  device_type: ["devices", { by: "device_type" }, "value"],
  browser: ["devices", { by: "browser" }, "value"],
  event_type: ["event_types", {}, "event_type"],
  category: ["top_products", { limit: 1000 }, "category"],
  utm_source: ["sources", { by: "utm_source" }, "value"],
  utm_medium: ["sources", { by: "utm_medium" }, "value"],
  utm_campaign: ["sources", { by: "utm_campaign" }, "value"],
  segment: ["user_segments", {}, "segment"],
};

/** Wires the bar; `show(view)` marks what is chosen. */
export function makeBar() {
  wirePeriods();
  const compare = byId("compare");
  compare.addEventListener("change", () => go({ compare: compare.value === "before" ? null : compare.value }));
  const zone = makeZones();
  const filter = byId("add-filter") && makeFilterForm();
  closePopovers();
  return {
    show(view) {
      for (const link of document.querySelectorAll("[data-period]")) {
        if (link.dataset.period === view.period) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
      for (const place of document.querySelectorAll(".period-words")) place.textContent = view.words;
      if (view.period === "custom") {
        byId("custom-from").value = view.first;
        byId("custom-to").value = view.last;
      }
      compare.value = view.compare;
      zone(view.zone);
      filter?.(view);
    },
  };
}

function wirePeriods() {
  document.querySelector(".periods").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-period]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ period: link.dataset.period, from: null, to: null });
  });
  byId("custom").addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = [byId("custom-from").value, byId("custom-to").value].sort();
    event.target.closest("details").open = false;
    go({ period: "custom", from, to });
  });
}

/** Wires the choice of the time zone; answers a function that shows the one that is chosen. */
export function makeZones() {
  const choice = byId("zone");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const option = (name) => h("option", { value: name, text: name.replaceAll("_", " ") });
  choice.append(...[...new Set(["UTC", own])].map(option));
  let whole = false;
  const all = () => {
    if (whole) return;
    whole = true;
    const there = new Set([...choice.options].map(({ value }) => value));
    choice.append(...Intl.supportedValuesOf("timeZone").filter((name) => !there.has(name)).map(option));
  };
  choice.addEventListener("focus", all);
  choice.addEventListener("change", () => go({ tz: choice.value === "UTC" ? null : choice.value }));
  return (zone) => {
    if (![...choice.options].some(({ value }) => value === zone)) choice.append(option(zone));
    choice.value = zone;
  };
}

function makeFilterForm() {
  const form = byId("add-filter");
  const [name, value, values] = [byId("filter-name"), byId("filter-value"), byId("filter-values")];
  name.append(...Object.entries(FILTERS).map(([key, label]) => h("option", { value: key, text: label })));
  let view;
  const suggest = async () => {
    const [query, params, column] = VALUES[name.value];
    const chosen = name.value;
    try {
      const { data } = await ask({ ...view, filters: {} }, [query, { ...view.range, ...params }]);
      if (chosen !== name.value) return;
      const known = [...new Set(data.map((row) => row[column]))].filter(Boolean);
      values.replaceChildren(...known.slice(0, 200).map((text) => h("option", { value: text, label: NAMED[chosen]?.(text) ?? text })));
    } catch {
      values.replaceChildren(); // a value can be typed without suggestions
    }
  };
  name.addEventListener("change", suggest);
  form.closest("details").addEventListener("toggle", ({ target }) => target.open && suggest());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!value.value.trim()) return;
    form.closest("details").open = false;
    go({ [name.value]: value.value.trim() });
    value.value = "";
  });
  return (shown) => {
    view = shown;
    byId("chips").replaceChildren(...Object.entries(shown.filters).map(chip));
  };
}

function chip([name, value]) {
  const text = `${FILTERS[name]}: ${NAMED[name]?.(value) ?? value}`;
  const remove = h("button", { type: "button", "aria-label": `Remove the filter ${text}`, onclick: () => go({ [name]: null }) }, icon("close"));
  return h("li", { class: "chip" }, h("span", { text }), remove);
}

/** Escape closes what is open, and so does a click elsewhere. */
function closePopovers() {
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("header details[open]");
    if (event.key !== "Escape" || !open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  document.addEventListener("click", ({ target }) => {
    for (const open of document.querySelectorAll("header details[open]")) if (!open.contains(target)) open.open = false;
  });
}
