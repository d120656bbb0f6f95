// Revenue trend: gross above zero, refunds below, net as a line, net of the period before in a muted tone.
import { ChartView, labelAxis, valueAxis } from "../lib/charts.js";
import { byId } from "../lib/dom.js";
import { day, longDay, money, monthOf, shortMoney, time } from "../lib/format.js";
import { go } from "../lib/nav.js";
import { MONEY, color } from "../lib/palette.js";
import { buckets, byBucket, local, nextStart } from "../lib/zone.js";

const LONGEST_DAYS = { hour: 14, day: 400, week: 4000, month: 4000 };
const grainOf = ({ days, chosenGrain, grain }) =>
  chosenGrain && days <= LONGEST_DAYS[chosenGrain] ? chosenGrain : days === 1 ? "hour" : grain;

export const requests = (view) => ({
  trend: ["revenue_trend", { ...view.range, grain: grainOf(view) }],
  ...(view.compare !== "none" && { before: ["revenue_trend", { ...view.before, grain: grainOf(view) }] }),
});

export const isEmpty = ({ trend }) => trend.data.every((row) => !row.gross && !row.refunds);

/** The choice of hours, days, weeks or months. */
export function wireGrain() {
  byId("grain").addEventListener("change", ({ target }) => go({ grain: target.value }));
}

export function drawer() {
  let chart;
  return ({ trend, before }, view, card) => {
    chart ??= new ChartView(card.view.querySelector(".chart"), configuration, ({ starts, grain }, index) => open(starts[index], grain, view.zone));
    const grain = grainOf(view);
    const rowsOf = (answer, to) => {
      const starts = buckets(answer.meta.params.from, to, grain, view.zone);
      return [starts, byBucket(answer.data, "period", starts, view.zone)];
    };
    const [starts, rows] = rowsOf(trend, trend.meta.params.to);
    const earlier = before && rowsOf(before, before.meta.params.to)[1];
    byId("grain").value = grain;
    chart.update({ starts, rows, earlier, grain, now: Date.now(), words: view.beforeWords, zone: view.zone }, summary(trend.data, view));
  };
}

/** A bar opens its own period. */
function open(start, grain, zone) {
  if (grain === "hour") return;
  const date = (time) => local(time, zone).toISOString().slice(0, 10);
  go({ period: "custom", from: date(start), to: date(nextStart(start, grain, zone) - 1), grain: null });
}

function summary(rows, view) {
  const total = (key) => money(rows.reduce((sum, row) => sum + row[key], 0));
  return `Revenue of ${view.words}: gross ${total("gross")}, refunds ${total("refunds")}, net ${total("net")}.`;
}

const label = { hour: time, day, week: day, month: monthOf };

function configuration({ starts, rows, earlier, grain, now, words, zone }) {
  const last = starts.length - 1;
  const running = starts[last] <= now && now < nextStart(starts[last], grain, zone);
  const value = (key) => rows.map((row) => row?.[key] ?? 0);
  const bar = (key, name) => ({
    type: "bar",
    label: name,
    data: value(key),
    backgroundColor: starts.map((_, index) => color(MONEY[key]) + (running && index === last ? "80" : "")),
    stack: "money",
    order: 2,
  });
  const line = (name, data, token, options) => ({
    type: "line",
    label: name,
    data,
    borderColor: color(token),
    backgroundColor: color(token),
    order: 1,
    ...options,
  });
  const dashed = { borderDash: ({ p1DataIndex }) => (running && p1DataIndex === last ? [4, 4] : undefined) };
  const before = starts.map((_, index) => earlier?.[index]?.net ?? (earlier && index < earlier.length ? 0 : null));
  return {
    type: "bar",
    data: {
      labels: starts,
      datasets: [
        bar("gross", "Gross"),
        bar("refunds", "Refunds"),
        line("Net", value("net"), MONEY.net, { segment: dashed }),
        ...(earlier ? [line(`Net, ${words}`, before, "before", { borderWidth: 1.5, order: 0 })] : []),
      ],
    },
    options: {
      scales: {
        x: { stacked: true, ...labelAxis((index) => label[grain](starts[index])) },
        y: { stacked: true, ...valueAxis(shortMoney, moneyTicks([...value("gross"), ...before], value("refunds"))) },
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
export function moneyTicks(gross, refunds) {
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
  const named = { hour: `${day(start)}, ${time(start)}`, day: longDay(start), week: `Week of ${day(start)}`, month: monthOf(start) };
  return running ? `${named[grain]} · so far` : named[grain];
}
