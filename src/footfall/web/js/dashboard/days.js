// A product's revenue by day, refunds below zero; a bar opens its day.
import { ChartView, labelAxis, valueAxis } from "../lib/charts.js";
import { count, day, longDay, money, shortMoney } from "../lib/format.js";
import { openDay } from "../lib/nav.js";
import { MONEY, color } from "../lib/palette.js";
import { buckets, byBucket } from "../lib/zone.js";
import { moneyTicks } from "./revenue.js";

export const requests = (id) => (view) => ({ days: ["product_days", { ...view.range, product_id: id }] });

export function drawer() {
  let chart;
  return ({ days }, view, card) => {
    chart ??= new ChartView(card.view.querySelector(".chart"), configuration, openDay);
    const { from, to } = days.meta.params;
    const starts = buckets(from, Math.min(Date.parse(to), Date.now()), "day", view.zone);
    const rows = byBucket(days.data, "day", starts, view.zone);
    const total = (key) => money(days.data.reduce((sum, row) => sum + row[key], 0));
    const summary = `Revenue of the product, ${view.words}: gross ${total("revenue")}, refunds ${total("refunds")}.`;
    chart.update({ starts, rows, zone: view.zone, running: Date.parse(to) >= Date.now() }, summary);
  };
}

function configuration({ starts, rows, running }) {
  const last = starts.length - 1;
  const values = (key) => rows.map((row) => row?.[key] ?? 0);
  const bar = (key, label, token) => ({
    label,
    data: values(key),
    backgroundColor: starts.map((_, index) => color(token) + (running && index === last ? "80" : "")),
  });
  return {
    type: "bar",
    data: { labels: starts, datasets: [bar("revenue", "Gross", MONEY.gross), bar("refunds", "Refunds", MONEY.refunds)] },
    options: {
      scales: {
        x: { stacked: true, ...labelAxis((index) => day(starts[index])) },
        y: { stacked: true, ...valueAxis(shortMoney, moneyTicks(values("revenue"), values("refunds"))) },
      },
      plugins: {
        tooltip: {
          callbacks: {
            title: ([item]) => longDay(starts[item.dataIndex]) + (running && item.dataIndex === last ? " · so far" : ""),
            label: (item) => ` ${item.dataset.label} ${money(item.raw)}`,
            footer: ([item]) => `${count(rows[item.dataIndex]?.quantity ?? 0)} sold`,
          },
        },
      },
    },
  };
}
