// Chart.js with our defaults set once: no boxes, light horizontal grid, five y ticks, lines without points.
import {
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PieController,
  PointElement,
  Tooltip,
} from "chart.js";

import { color, onThemeChange } from "./palette.js";

Chart.register(
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PieController,
  PointElement,
  Tooltip,
);

const TARGET_PX = 24; // what a pointer can hit
const still = matchMedia("(prefers-reduced-motion: reduce)");

Object.assign(Chart.defaults, { maintainAspectRatio: false, responsive: true, animation: false, normalized: true });
Chart.defaults.plugins.legend.display = false;
Chart.defaults.interaction = { mode: "index", intersect: false };
Chart.defaults.elements.line = { ...Chart.defaults.elements.line, borderWidth: 2, tension: 0 };
Chart.defaults.elements.point = { ...Chart.defaults.elements.point, radius: 0, hoverRadius: 4, hitRadius: 8 };
Chart.defaults.elements.bar = { ...Chart.defaults.elements.bar, borderWidth: 0, borderRadius: 2 };
Object.assign(Chart.defaults.datasets.bar, { maxBarThickness: 40, categoryPercentage: 0.8, barPercentage: 0.9 });

function applyTheme() {
  const { defaults } = Chart;
  defaults.font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
  defaults.color = color("muted");
  defaults.borderColor = color("grid");
  Object.assign(defaults.plugins.tooltip, {
    backgroundColor: color("text"),
    titleColor: color("surface"),
    bodyColor: color("surface"),
    footerColor: color("surface"),
    footerFont: { weight: "normal" },
    boxWidth: 8,
    boxHeight: 8,
    boxPadding: 4,
    padding: 10,
    cornerRadius: 6,
  });
}

/** A y axis: light grid, no border, at most five ticks written by `format`, from zero. */
export function valueAxis(format, options = {}) {
  return {
    beginAtZero: true,
    grace: "4%",
    border: { display: false },
    grid: { color: color("grid"), drawTicks: false },
    ticks: { maxTicksLimit: 5, padding: 8, callback: (value) => format(value) },
    ...options,
  };
}

/** An axis of categories: no grid, labels written by `format(index)`, never slanted. */
export function labelAxis(format, options = {}) {
  return {
    border: { display: false },
    grid: { display: false },
    ticks: {
      autoSkipPadding: 16,
      maxRotation: 0,
      padding: 4,
      callback: (_, index) => format(index),
      ...options.ticks,
    },
    ...options.scale,
  };
}

const views = new Set();

/** A chart in a container of fixed height that is updated in place and drawn anew when the theme changes. */
export class ChartView {
  #build;
  #chart;
  #data;
  #open;

  /** `build(data)` answers a Chart.js configuration; `open(data, index, series)` is called for what is clicked, where
      the series is undefined unless its own bar is hit. */
  constructor(container, build, open) {
    this.#open = open;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    container.append(this.canvas);
    this.#build = build;
    views.add(this);
  }

  /** Draws `data`; `summary` is what a screen reader says. */
  update(data, summary) {
    this.#data = data;
    if (summary) this.canvas.setAttribute("aria-label", summary);
    const next = this.#build(data);
    if (this.#open) {
      next.options.onClick = (event, [item], chart) => {
        if (item) this.#open(this.#data, item.index, seriesAt(chart, event));
      };
      next.options.onHover = (_, items) => this.canvas.classList.toggle("opens", items.length > 0);
    }
    if (!this.#chart) {
      this.#chart = new Chart(this.canvas, next);
      return;
    }
    const { datasets } = this.#chart.data;
    this.#chart.data.labels = next.data.labels;
    next.data.datasets.forEach((dataset, index) => {
      if (datasets[index]) Object.assign(datasets[index], dataset);
      else datasets.push(dataset);
    });
    datasets.length = next.data.datasets.length;
    this.#chart.options = next.options;
    this.#chart.update(still.matches ? "none" : undefined);
  }

  redraw() {
    if (!this.#chart) return;
    this.#chart.destroy();
    this.#chart = undefined;
    this.update(this.#data);
  }

  destroy() {
    views.delete(this);
    this.#chart?.destroy();
    this.canvas.remove();
  }
}

/** The series whose bar is hit; a low bar is hit from `TARGET_PX` around its middle, before the high ones beside it. */
function seriesAt(chart, event) {
  const items = chart.getElementsAtEventForMode(event, "index", { intersect: false }, false);
  const bars = items.flatMap(({ element, datasetIndex }) => {
    const { y, base } = element.getProps(["y", "base"], true);
    return y === base ? [] : [{ datasetIndex, height: Math.abs(base - y), away: Math.abs((y + base) / 2 - event.y) }];
  });
  const hit = bars.filter(({ height, away }) => away <= Math.max(height, TARGET_PX) / 2);
  const nearest = (among) => among.sort((a, b) => a.away - b.away)[0]?.datasetIndex;
  return nearest(hit.filter(({ height }) => height < TARGET_PX)) ?? nearest(hit);
}

applyTheme();
onThemeChange(() => {
  applyTheme();
  for (const view of views) view.redraw();
});

export { Chart };
