// Conversion funnel: how many users did each step, and how many of them came from the step before.
import { ChartView, labelAxis, valueAxis } from "../lib/charts.js";
import { count, percent, short, words } from "../lib/format.js";
import { color } from "../lib/palette.js";

export const requests = (view) => ({ funnel: ["/api/conversion-funnel", view.range] });

export const isEmpty = ({ funnel }) => !funnel.data.some((row) => row.users);

export function drawer() {
  let chart;
  return ({ funnel }, view, card) => {
    chart ??= new ChartView(card.view.querySelector(".chart"), configuration);
    const said = funnel.data.map((row) => `${words(row.step)} ${count(row.users)}`).join(", ");
    chart.update(funnel.data, `Users by step, ${view.words}: ${said}.`);
  };
}

function configuration(rows) {
  const widest = Math.max(...rows.map((row) => row.users), 1);
  return {
    type: "bar",
    data: {
      labels: rows.map((row) => words(row.step)),
      datasets: [
        {
          data: rows.map((row) => row.users),
          backgroundColor: rows.map(() => color("series-1")),
          barPercentage: 0.82,
          categoryPercentage: 0.9,
          maxBarThickness: 44,
        },
      ],
    },
    options: {
      indexAxis: "y",
      scales: {
        x: valueAxis(short, { max: widest, display: false }),
        y: labelAxis((index) => words(rows[index].step), { ticks: { color: color("text"), autoSkip: false } }),
      },
      plugins: {
        barLabels: {
          text: (index) => {
            const { users, step_conversion_pct: step } = rows[index];
            return index ? `${count(users)} · ${percent(step)}` : count(users);
          },
        },
        tooltip: {
          callbacks: {
            label: (item) => ` ${count(item.raw)} users`,
            footer: ([item]) => {
              const row = rows[item.dataIndex];
              const first = `${percent(row.conversion_pct)} of the first step`;
              return item.dataIndex ? [first, `${count(row.drop_off)} went no further than the step before`] : first;
            },
          },
        },
      },
    },
  };
}
