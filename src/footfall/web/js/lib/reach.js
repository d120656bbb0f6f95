// How far back the rows are kept that an answer counts: what is said of one that asks for more, and not shown as fact.
import { dateOf } from "./format.js";

const since = ({ meta }) => meta.complete_from;
const written = (day) => `${dateOf(day)} ${day.slice(0, 4)}`;
const incomplete = ({ data, meta }) => Object.keys(data[0] ?? {}).filter((name) => meta.incomplete.includes(name));

/** Whether all of an answer counts rows that are missing, and no part of it comes from rollups, which outlive them. */
const wholly = (answer) => Boolean(since(answer)) && incomplete(answer).length === Object.keys(answer.data[0] ?? {}).length;

/** The answers as they may be drawn: without figures of the period before of which rows are missing. */
export function comparable(answers) {
  const { before, ...others } = answers;
  if (!before || !since(before)) return answers;
  if (wholly(before)) return others;
  const unknown = Object.fromEntries(incomplete(before).map((name) => [name, null]));
  return { ...answers, before: { ...before, data: before.data.map((row) => ({ ...row, ...unknown })) } };
}

/** Why there is nothing to draw, where no row of an answer's whole range is kept. */
export function goneWords(answer) {
  const gone = wholly(answer) && Date.parse(answer.meta.params.to) <= Date.parse(since(answer));
  return gone && `What this card counts is kept from ${written(since(answer))} on. Choose a later period, or fewer filters.`;
}

/** What a card says of answers that ask for more than is kept. */
export function reachWords({ before, ...answers }, view) {
  const [first] = Object.values(answers);
  const said = [];
  const cut = Object.values(answers).filter(since);
  if (cut.length) {
    const names = [...new Set(cut.flatMap(incomplete))].map((name) => name.replaceAll("_", " "));
    const what = wholly(first) ? "" : cut.some(wholly) ? "in part " : `${names.join(", ")} `;
    said.push(`${what}counted from ${written(cut.map(since).sort().at(-1))} on: older details are no longer kept`);
  }
  if (before && since(before)) {
    const what = wholly(before) ? "" : `${incomplete(before).join(", ")} `;
    said.push(`${what}not compared with ${view.beforeWords}, of which details are no longer kept`);
  }
  if (before && !wholly(before) && inUtc(before) && !inUtc(first)) said.push(`compared with ${view.beforeWords} in days of UTC`);
  return said;
}

const inUtc = (answer) => answer.ignored?.includes("tz");
