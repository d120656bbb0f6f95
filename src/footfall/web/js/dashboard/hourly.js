// Activity over time (events and users by hour, or by day for long periods) and by hour of the week.
import { ChartView, labelAxis, valueAxis } from "../lib/charts.js";
import { h } from "../lib/dom.js";
import { count, day, longDay, short, time } from "../lib/format.js";
import { color } from "../lib/palette.js";
import { buckets, byBucket, local } from "../lib/zone.js";

const HOURS_UP_TO_DAYS = 8;
const NARROW_PX = 720; // as in the styles
const DAY_MS = 86_400_000;
const grainOf = (view) => (view.days <= HOURS_UP_TO_DAYS ? "hour" : "day");

export const requests = (view) => ({
  activity: [grainOf(view) === "hour" ? "hourly_activity" : "daily_activity", view.range],
});

export const isEmpty = ({ activity }) => !activity.data.some((row) => row.event_count);

export function drawer() {
  let chart;
  return ({ activity }, view, card) => {
    chart ??= new ChartView(card.view.querySelector(".chart"), configuration);
    const grain = grainOf(view);
    const now = Date.now();
    const { from, to } = activity.meta.params;
    const starts = buckets(from, Math.min(Date.parse(to), now), grain, view.zone);
    const rows = byBucket(activity.data, grain, starts, view.zone);
    const running = Date.parse(to) >= now;
    const total = activity.data.reduce((sum, row) => sum + row.event_count, 0);
    chart.update({ starts, rows, grain, running, zone: view.zone }, `Events by ${grain}, ${view.words}: ${count(total)} in all.`);
  };
}

function configuration({ starts, rows, grain, running, zone }) {
  const hourly = grain === "hour";
  const last = starts.length - 1;
  const line = (key, name, token) => ({
    label: name,
    data: rows.map((row) => row?.[key] ?? 0),
    borderColor: color(token),
    backgroundColor: color(token) + "1f",
    fill: key === "event_count",
    segment: { borderDash: ({ p1DataIndex }) => (running && p1DataIndex === last ? [4, 4] : undefined) },
  });
  const midnight = (index) => local(starts[index], zone).getUTCHours() === 0;
  const many = starts.length > 48;
  const narrow = innerWidth <= NARROW_PX;
  const named = (index) => midnight(index) && !(narrow && Math.round((starts[last] - starts[index]) / DAY_MS) % 2);
  return {
    type: "line",
    data: {
      labels: starts,
      datasets: [line("event_count", "Events", "series-1"), line("unique_users", "Users", "series-2")],
    },
    options: {
      scales: {
        x: labelAxis((index) => (!hourly || many ? day(starts[index]) : time(starts[index])), {
          ticks: hourly && many ? { autoSkip: false, callback: (_, index) => (named(index) ? day(starts[index]) : null) } : {},
        }),
        y: valueAxis(short),
      },
      plugins: {
        tooltip: {
          callbacks: {
            title: ([item]) => {
              const start = starts[item.dataIndex];
              return hourly ? `${longDay(start)}, ${time(start)} to ${time(start + 3_600_000)}` : longDay(start);
            },
            label: (item) => ` ${count(item.raw)} ${item.dataset.label.toLowerCase()}`,
          },
        },
      },
    },
  };
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

export const weekRequests = (view) => ({ activity: ["hourly_activity", view.range] });

/** Average events of each hour of the week, over the days of the period that have happened. */
export function weekTable({ activity }, { zone }) {
  const now = Date.now();
  const sums = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => ({ events: 0, hours: 0 })));
  for (const row of activity.data) {
    const start = Date.parse(row.hour);
    if (start + 3_600_000 > now) continue;
    const at = local(start, zone);
    const cell = sums[(at.getUTCDay() + 6) % 7][at.getUTCHours()];
    cell.events += row.event_count;
    cell.hours += 1;
  }
  return sums.map((hours) => hours.map(({ events, hours: n }) => (n ? events / n : null)));
}

export function weekDrawer() {
  return (answers, view, card) => {
    const cells = weekTable(answers, view);
    const top = Math.max(...cells.flat().map((value) => value ?? 0), 1);
    const grid = h("div", { class: "heat", role: "img", "aria-label": weekSummary(cells) });
    cells.forEach((hours, weekday) => {
      grid.append(h("span", { class: "heat-day", text: WEEKDAYS[weekday] }));
      hours.forEach((value, hour) => grid.append(heatCell(value, top, weekday, hour)));
    });
    grid.append(h("span"));
    for (let hour = 0; hour < 24; hour += 1) {
      grid.append(h("span", { class: "heat-hour", text: hour % 6 === 0 ? String(hour).padStart(2, "0") : "" }));
    }
    card.view.querySelector(".chart").replaceChildren(grid);
  };
}

function heatCell(value, top, weekday, hour) {
  const when = `${WEEKDAYS[weekday]} ${String(hour).padStart(2, "0")}:00`;
  if (value === null) return h("span", { class: "heat-cell heat-none", title: `${when}: not in this period` });
  return h("span", {
    class: "heat-cell",
    title: `${when}: ${count(value)} events an hour`,
    style: { "--share": (value / top).toFixed(3) },
  });
}

function weekSummary(cells) {
  let best = { value: -1 };
  cells.forEach((hours, weekday) =>
    hours.forEach((value, hour) => {
      if (value !== null && value > best.value) best = { value, weekday, hour };
    }),
  );
  if (best.value < 0) return "No whole hour in this period yet.";
  return `Busiest hour of the week: ${WEEKDAYS[best.weekday]} ${best.hour}:00, ${count(best.value)} events on average.`;
}

export function weekRows(answers, view) {
  const rows = weekTable(answers, view).flatMap((hours, weekday) =>
    hours.map((events, hour) => ({ weekday: WEEKDAYS[weekday], hour, events: events === null ? null : Math.round(events) })),
  );
  return {
    columns: [
      { key: "weekday", label: "Weekday" },
      { key: "hour", label: "Hour", type: "int" },
      { key: "events", label: "Events an hour", type: "int" },
    ],
    rows,
  };
}
