// A small line without axes, for the shape of a series beside its figure. A null is a gap.
import { svg } from "./dom.js";

const HEIGHT = 32;

/** An SVG of fixed height that stretches to its container's width. */
export function sparkline(values) {
  const last = Math.max(1, values.length - 1);
  const known = values.filter((value) => value !== null && value !== undefined);
  const top = Math.max(...known, 0) || 1;
  const bottom = Math.min(...known, 0);
  const y = (value) => (HEIGHT - 1 - ((value - bottom) / (top - bottom)) * (HEIGHT - 2)).toFixed(1);
  const runs = [[]];
  values.forEach((value, x) => {
    if (value === null || value === undefined) runs.push([]);
    else runs.at(-1).push([x, y(value)]);
  });
  const line = runs.filter((run) => run.length).map((run) => `M${run.map((p) => p.join(" ")).join("L")}`);
  const area = runs
    .filter((run) => run.length > 1)
    .map((run) => `M${run[0][0]} ${y(0)}L${run.map((p) => p.join(" ")).join("L")}L${run.at(-1)[0]} ${y(0)}Z`);
  return svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${last} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "area", d: area.join("") }),
    svg("path", { class: "line", d: line.join("") }),
  );
}
