// A map of the world coloured by a value a country: Chart.js with its geography plugin, loaded when needed.
import { ChoroplethController, ColorScale, GeoFeature, ProjectionScale } from "chartjs-chart-geo";
import { feature } from "topojson-client";
import world from "world-atlas/countries-110m.json";

import { Chart, ChartView } from "./charts.js";
import { country } from "./format.js";
import { color } from "./palette.js";

Chart.register(ChoroplethController, ColorScale, GeoFeature, ProjectionScale);

const ANTARCTICA = "010";
const shapes = feature(world, world.objects.countries).features.filter(({ id }) => id !== ANTARCTICA);

/** A map in `container`; `codes` maps our country codes to ISO 3166 numbers. Call `update(values, summary)`. */
export class WorldMap {
  #chart;
  #byNumber;
  #format;

  /** `pick(code)` is called with a country that is clicked. */
  constructor(container, codes, format, pick) {
    this.#byNumber = new Map(Object.entries(codes).map(([code, number]) => [number, code]));
    this.#format = format;
    this.#chart = new ChartView(container, (values) => this.#configuration(values), (_, index) => {
      const code = this.#byNumber.get(shapes[index].id);
      if (code) pick?.(code);
    });
  }

  destroy() {
    this.#chart.destroy();
  }

  /** `values` is a Map from country code to number. */
  update(values, summary) {
    this.#chart.update(values, summary);
  }

  #configuration(values) {
    const top = Math.max(...values.values(), 1);
    const rows = shapes.map((shape) => {
      const code = this.#byNumber.get(shape.id);
      return { feature: shape, value: values.get(code) ?? 0, name: code ? country(code) : shape.properties.name };
    });
    const [low, high] = [channels(color("scale-0")), channels(color("scale-1"))];
    const shade = (value) => (value > 0 ? mix(low, high, 0.15 + 0.85 * Math.sqrt(value / top)) : color("scale-0"));
    return {
      type: "choropleth",
      data: {
        labels: rows.map(({ name }) => name),
        datasets: [
          {
            data: rows,
            backgroundColor: rows.map(({ value }) => shade(value)),
            borderColor: color("surface"),
            borderWidth: 0.5,
          },
        ],
      },
      options: {
        showOutline: false,
        showGraticule: false,
        interaction: { mode: "nearest", intersect: true },
        scales: {
          projection: { axis: "x", projection: "naturalEarth1" },
          color: { axis: "x", display: false },
        },
        plugins: {
          tooltip: {
            callbacks: { title: () => "", label: ({ raw }) => ` ${raw.name}: ${this.#format(raw.value)}` },
          },
        },
      },
    };
  }
}

function channels(hex) {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function mix(low, high, share) {
  return `rgb(${low.map((value, index) => Math.round(value + (high[index] - value) * share)).join(" ")})`;
}
