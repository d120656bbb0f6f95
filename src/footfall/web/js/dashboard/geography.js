// Geography: a map and its table side by side, coloured by the measure that is chosen.
import { get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { count, country, money, wholeMoney } from "../lib/format.js";
import { toggleFilter } from "../lib/nav.js";
import { Table } from "../lib/table.js";

const MEASURES = {
  revenue: { format: money, name: "Revenue" },
  unique_users: { format: count, name: "Users" },
  events: { format: count, name: "Events" },
};
const SHOWN = 8;

export const requests = (view) => ({ countries: ["country_stats", { ...view.range, limit: 300 }] });

const columns = (pick) => [
  {
    key: "country",
    label: "Country",
    grow: true,
    value: (row) => country(row.country),
    cell: (row) => h("button", { type: "button", class: "link", text: country(row.country), onclick: () => pick(row.country) }),
  },
  {
    key: "revenue",
    label: "Revenue",
    type: "money",
    cell: (row) => h("span", { text: wholeMoney(row.revenue), title: money(row.revenue) }),
  },
  { key: "unique_users", label: "Users", type: "int" },
  { key: "purchases", label: "Purchases", type: "int", wide: true },
];

/** `pick(code)` is called with a country that is clicked: it filters by it. */
export function drawer(measure = "unique_users", pick = (code) => toggleFilter("country", code)) {
  let table;
  let map;
  return ({ countries }, view, card) => {
    if (!table) {
      table = new Table(columns(pick), { caption: "Countries", name: card.id, sort: { key: "revenue", direction: -1 } });
      card.view.querySelector(".table-wrap").append(table.element);
    }
    table.update(countries.data);
    const values = new Map(countries.data.map((row) => [row.country, row[measure]]));
    const first = [...countries.data].sort((a, b) => b[measure] - a[measure]).slice(0, SHOWN);
    const said = first.map((row) => `${country(row.country)} ${MEASURES[measure].format(row[measure])}`).join(", ");
    map ??= loadMap(card.view.querySelector(".chart"), MEASURES[measure].format, pick);
    map.then(
      (loaded) => loaded.update(values, `${MEASURES[measure].name} by country, ${view.words}: ${said}.`),
      () => (map = undefined), // its parts did not come: tried again with the next figures
    );
  };
}

async function loadMap(box, format, pick) {
  const [{ WorldMap }, { data }] = await Promise.all([import("../lib/map.js"), get("/api/countries")]);
  return new WorldMap(box, data, format, pick);
}

export function table({ countries }) {
  return { columns: [{ key: "country", label: "Code" }, ...columns()], rows: countries.data };
}
