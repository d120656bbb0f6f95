// How far a figure has moved from the period before: in percent, as so many times, or, of a percentage, in points.

const FLAT = 0.05;
const MANYFOLD_PCT = 400;

/**
 * {kind, by}: `by` percent, times or points, negative where it fell, 0 where it is flat. Undefined where there is
 * nothing to compare with: a ratio to zero, or to money that flowed back, means nothing.
 */
export function changeOf(now, before, { points = false } = {}) {
  if (now === null || before === null || before <= 0) return undefined;
  const moved = points ? now - before : (100 * (now - before)) / before;
  if (!points && moved >= MANYFOLD_PCT) return { kind: "times", by: now / before };
  return { kind: points ? "points" : "percent", by: Math.abs(moved) < FLAT ? 0 : moved };
}
