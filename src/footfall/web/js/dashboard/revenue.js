// Revenue trend: gross above zero, refunds below, net as a line.
import { ChartView, labelAxis, valueAxis } from "../lib/charts.js";
import { day, longDay, money, monthOf, shortMoney, time } from "../lib/format.js";
import { MONEY, color } from "../lib/palette.js";
import { byBucket, buckets } from "../lib/period.js";

const grainOf = (view) => (view.days === 1 ? "hour" : view.grain);

export const requests = (view) => ({ trend: ["/api/revenue-trend", { ...view.range, grain: grainOf(view) }] });

export const isEmpty = ({ trend }) => trend.data.every((row) => !row.gross && !row.refunds);

export function drawer() {
  let chart;
  return (answers, view, card) => {
    chart ??= new ChartView(card.view.querySelector(".chart"), configuration);
    const { from, to } = answers.trend.meta.params;
    const grain = grainOf(view);
    const starts = buckets(from, to, grain);
    const rows = byBucket(answers.trend.data, "period", starts);
    chart.update({ starts, rows, grain, now: Date.now() }, summary(answers.trend.data, view));
  };
}

function summary(rows, view) {
  const total = (key) => money(rows.reduce((sum, row) => sum + row[key], 0));
  return `Revenue of ${view.words}: gross ${total("gross")}, refunds ${total("refunds")}, net ${total("net")}.`;
}

const label = { hour: time, day, week: day, month: monthOf };

function configuration({ starts, rows, grain, now }) {
  const last = starts.length - 1;
  const running = starts[last] <= now && now < endOf(starts[last], grain);
  const value = (key) => rows.map((row) => row?.[key] ?? 0);
  const bar = (key, name) => ({
    type: "bar",
    label: name,
    data: value(key),
    backgroundColor: starts.map((_, index) => color(MONEY[key]) + (running && index === last ? "80" : "")),
    stack: "money",
    order: 2,
  });
  return {
    type: "bar",
    data: {
      labels: starts,
      datasets: [
        bar("gross", "Gross"),
        bar("refunds", "Refunds"),
        {
          type: "line",
          label: "Net",
          data: value("net"),
          borderColor: color(MONEY.net),
          backgroundColor: color(MONEY.net),
          segment: { borderDash: ({ p1DataIndex }) => (running && p1DataIndex === last ? [4, 4] : undefined) },
          order: 1,
        },
      ],
    },
    options: {
      scales: {
        x: { stacked: true, ...labelAxis((index) => label[grain](starts[index])) },
        y: { stacked: true, ...valueAxis(shortMoney, moneyTicks(value("gross"), value("refunds"))) },
      },
      plugins: {
        tooltip: {
          callbacks: {
            title: ([item]) => titleOf(starts[item.dataIndex], grain, running && item.dataIndex === last),
            label: (item) => ` ${item.dataset.label} ${money(item.raw)}`,
            footer: ([item]) => `${rows[item.dataIndex]?.orders ?? 0} orders`,
          },
        },
      },
    },
  };
}

/** Round steps above zero; below it no more room than the refunds take. */
function moneyTicks(gross, refunds) {
  const [top, bottom] = [Math.max(...gross, 1), Math.min(...refunds, 0)];
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let value = Math.ceil(bottom / step) * step; value <= top * 1.05; value += step) ticks.push({ value: value || 0 }); // no -0
  return {
    min: bottom * 1.1,
    max: Math.max(top * 1.05, ticks.at(-1).value),
    grace: 0,
    afterBuildTicks: (axis) => {
      axis.ticks = ticks;
    },
  };
}

function titleOf(start, grain, running) {
  const name = grain === "hour" ? `${day(start)}, ${time(start)}` : grain === "day" ? longDay(start) : label[grain](start);
  return running ? `${name} · so far` : name;
}

function endOf(start, grain) {
  const end = new Date(start);
  if (grain === "month") end.setUTCMonth(end.getUTCMonth() + 1);
  else end.setTime(start + (grain === "hour" ? 3_600_000 : 86_400_000));
  return end.getTime();
}
