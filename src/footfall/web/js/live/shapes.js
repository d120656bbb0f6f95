// Which chart suits a result, by the shape of it: a line over time, bars or a pie of names, a map of countries.
import { ChartView, labelAxis, valueAxis } from "../lib/charts.js";
import { get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { count, short } from "../lib/format.js";
import { color } from "../lib/palette.js";

const MOST_BARS = 40;
const MOST_SLICES = 6;
const MOST_LINES = 4;
const COUNTRY = /^(UK|[A-Z]{2})$/;
const TIME = /^(Nullable\()?(Date|DateTime)/;

/** The kinds of chart that suit, the best first. */
export function kindsFor(columns, rows) {
  const numbers = columns.flatMap(({ numeric }, index) => (numeric ? [index] : []));
  const label = columns.findIndex(({ numeric }) => !numeric);
  if (!numbers.length || rows.length < 2 || columns.length < 2) return [];
  const first = label < 0 ? 0 : label;
  if (TIME.test(columns[first].type)) return ["line", "bar"];
  const kinds = [];
  const codes = rows.filter((row) => COUNTRY.test(row[first])).length;
  if (label >= 0 && codes > rows.length * 0.8) kinds.push("map");
  if (label < 0 || rows.length > MOST_BARS) kinds.push("line");
  if (rows.length <= MOST_BARS) kinds.push("bar");
  const values = numbers.find((index) => index !== first) ?? numbers[0];
  if (label >= 0 && rows.length <= MOST_SLICES && rows.every((row) => Number(row[values]) >= 0)) kinds.push("pie");
  return kinds;
}

/** A chart of a result in an element of its own; `destroy` it when it is no longer shown. */
export function chartOf(kind, columns, rows) {
  const box = h("div", { class: "chart sql-chart" });
  const label = Math.max(0, columns.findIndex(({ numeric }) => !numeric));
  const values = columns.flatMap(({ numeric, name }, index) => (numeric && index !== label ? [{ index, name }] : [])).slice(0, MOST_LINES);
  const summary = `${values.map(({ name }) => name).join(", ")} by ${columns[label].name}, ${count(rows.length)} rows`;
  if (kind === "map") {
    const made = mapOf(box, rows, label, values[0].index, summary);
    return { box, destroy: () => made.then((map) => map?.destroy?.()) };
  }
  const view = new ChartView(box, (data) => configuration(kind, data));
  view.update({ labels: rows.map((row) => row[label]), series: values.map(({ index, name }) => ({ name, values: rows.map((row) => number(row[index])) })) }, summary);
  return { box, destroy: () => view.destroy() };
}

const number = (text) => (Number.isFinite(Number(text)) ? Number(text) : null);

async function mapOf(box, rows, label, value, summary) {
  const [{ WorldMap }, { data }] = await Promise.all([import("../lib/map.js"), get("/api/countries")]);
  const map = new WorldMap(box, data, count);
  map.update(new Map(rows.map((row) => [row[label], Number(row[value])])), summary);
  return map;
}

function configuration(kind, { labels, series }) {
  const token = (index) => color(`series-${index + 1}`);
  if (kind === "pie") {
    const [{ name, values }] = series;
    const colours = values.map((_, index) => token(index));
    return {
      type: "pie",
      data: { labels, datasets: [{ label: name, data: values, backgroundColor: colours, borderColor: color("surface") }] },
      options: {
        interaction: { mode: "nearest", intersect: true },
        plugins: { legend: { display: true, position: "right" }, tooltip: { callbacks: { label: ({ label, raw }) => ` ${label}: ${count(raw)}` } } },
      },
    };
  }
  const datasets = series.map(({ name, values }, index) => ({
    label: name,
    data: values,
    borderColor: token(index),
    backgroundColor: token(index),
  }));
  return {
    type: kind,
    data: { labels, datasets },
    options: {
      scales: { x: labelAxis((index) => String(labels[index]).slice(0, 16)), y: valueAxis(short) },
      plugins: {
        legend: { display: series.length > 1 },
        tooltip: { callbacks: { label: (item) => ` ${item.dataset.label} ${count(item.raw)}` } },
      },
    },
  };
}
