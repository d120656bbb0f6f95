// What the store's own plan says it reads: of each table, rollup or projection the granules, and what each step (the
// partitions, the sort key, a skipping index) had of them and kept. Reads the text of EXPLAIN indexes = 1.

const SOURCE = /ReadFrom\w+ \(([^)]+)\)/;
const PLACE = /^[\s│├└─]*/;
const STEP = /^[A-Z][\w-]+$/;
const NAME = /^Name: (\w+)/;
const KEPT = /^Granules: (\d+)\/(\d+)$/;
const READ = /\bGranules: (\d+)$/;

/** [{source, left, total, steps: [{name, kept, had}]}]; `left` is undefined where nothing says granules. */
export function readsOf(lines) {
  const reads = [];
  let step;
  for (const line of lines) {
    const text = line.replace(PLACE, "");
    const source = SOURCE.exec(text);
    if (source) reads.push({ source: source[1], left: undefined, total: 0, steps: [] });
    const read = reads.at(-1);
    if (!read) continue;
    if (STEP.test(text)) step = text;
    step = NAME.exec(text)?.[1] ?? step;
    const kept = KEPT.exec(text)?.slice(1).map(Number);
    if (kept) read.steps.push({ name: step, kept: kept[0], had: kept[1] });
    const [left, total = left] = kept ?? READ.exec(text)?.slice(1).map(Number) ?? [];
    if (left === undefined) continue;
    read.left = Math.min(read.left ?? left, left);
    read.total = Math.max(read.total, total);
  }
  return reads;
}
