// Events by type over the last 15 minutes, moving on with each frame; a click on a type filters the stream by it.
import { ChartView, labelAxis, valueAxis } from "../lib/charts.js";
import { count, short, seconds, time, words, zoneName } from "../lib/format.js";
import { EVENT_SERIES, color, eventToken } from "../lib/palette.js";

const OTHER = ["other"];

/** `pick(type)` is called with the type that is clicked, where its colour is that of one type alone. */
export function drawer(pick) {
  const open = ({ series }, _, index) => {
    const types = series[index]?.types ?? OTHER;
    if (types.length === 1 && types !== OTHER) pick(types[0]);
  };
  let chart;
  return ({ types }, _, card) => {
    chart ??= new ChartView(card.view.querySelector(".chart"), configuration, open);
    const data = stacked(types);
    const total = types.data.reduce((sum, row) => sum + row.events, 0);
    chart.update(data, `Events by type, the last 15 minutes: ${count(total)} in all; times are ${zoneName()}.`);
  };
}

/** The same as rows, the newest first. */
export function table({ types: { data } }) {
  const columns = [
    { key: "step", label: "From", type: "time" },
    { key: "event_type", label: "Event", value: (row) => words(row.event_type) },
    { key: "events", label: "Events", type: "int" },
  ];
  return { columns, rows: data.toReversed() };
}

/** Steps from the oldest to the current one, and a count by type for each. */
function stacked({ data, meta }) {
  const step = meta.params.step_s * 1000;
  const last = Math.floor(Date.parse(meta.params.at) / step) * step;
  const length = Math.round((meta.params.minutes * 60_000) / step);
  const steps = Array.from({ length }, (_, index) => last - (length - 1 - index) * step);
  const place = new Map(steps.map((start, index) => [start, index]));
  const series = [...EVENT_SERIES, OTHER].map((types) => ({ types, values: new Array(length).fill(0) }));
  const valuesOf = new Map(series.flatMap(({ types, values }) => types.map((type) => [type, values])));
  for (const row of data) {
    const index = place.get(Date.parse(row.step));
    if (index !== undefined) (valuesOf.get(row.event_type) ?? valuesOf.get(OTHER[0]))[index] += row.events;
  }
  return { steps, series, step };
}

function configuration({ steps, series, step }) {
  return {
    type: "bar",
    data: {
      labels: steps,
      datasets: series.map(({ types, values }) => ({
        label: words(types.join(", ")),
        data: values,
        backgroundColor: color(eventToken(types[0])),
        categoryPercentage: 1,
        barPercentage: 0.86,
        borderRadius: 0,
      })),
    },
    options: {
      scales: {
        x: {
          stacked: true,
          ...labelAxis(() => "", {
            ticks: {
              autoSkip: false,
              callback: (_, index) => (steps[index] % 180_000 === 0 ? time(steps[index]) : null),
            },
          }),
        },
        y: { stacked: true, ...valueAxis(short) },
      },
      plugins: {
        tooltip: {
          filter: (item) => item.raw > 0,
          callbacks: {
            // Where nothing happened there is no item.
            title: ([item]) => item && `${seconds(steps[item.dataIndex])} to ${seconds(steps[item.dataIndex] + step)} ${zoneName()}`,
            label: (item) => ` ${item.dataset.label} ${count(item.raw)}`,
          },
        },
      },
    },
  };
}
