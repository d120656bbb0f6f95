// Activity over time: events and users by hour, or by day for long periods; a point opens its day.
import { ChartView, labelAxis, valueAxis } from "../lib/charts.js";
import { count, day, longDay, short, time } from "../lib/format.js";
import { openDay } from "../lib/nav.js";
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

/** `open(data, index)` is called for a point that is clicked. */
export function drawer(open = openDay) {
  let chart;
  return ({ activity }, view, card) => {
    chart ??= new ChartView(card.view.querySelector(".chart"), configuration, open);
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
