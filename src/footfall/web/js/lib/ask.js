// Asks a named query about a view: what the query takes of the view's filters and zone is sent with it, and what
// it does not take is told, so that a card never looks filtered where it is not.
import { get, getShared } from "./api.js";
import { FILTERS } from "./view.js";

let catalogue;

/** The named queries by name. */
export async function queries() {
  catalogue ??= get("/api/queries").then(({ data }) => new Map(data.map((query) => [query.name, query])));
  try {
    return await catalogue;
  } catch (error) {
    catalogue = undefined;
    throw error;
  }
}

/** The answer of a query; `ignored` names what of the view it knows nothing about. */
export async function ask(view, [name, params], signal) {
  const query = (await queries()).get(name);
  const takes = new Set(query?.parameters.map((parameter) => parameter.name));
  const wanted = Object.entries({ ...view.filters, ...(view.zone && view.zone !== "UTC" ? { tz: view.zone } : {}) });
  const sent = wanted.filter(([key]) => takes.has(key));
  const own = Object.entries(params).filter(([key]) => takes.has(key));
  const answer = await getShared(`/api/query/${name}`, { ...Object.fromEntries(sent), ...Object.fromEntries(own) }, signal);
  const inUtc = takes.has("tz") && answer.meta.params.tz === "UTC"; // days of the zone are no longer kept
  return { ...answer, ignored: wanted.map(([key]) => key).filter((key) => !takes.has(key) || (key === "tz" && inUtc)) };
}

/** Says what a card's answers were not asked with; of the period before, whose days `reach` tells of, the filters alone. */
export function ignoredWords({ before, ...answers }) {
  const names = Object.values(answers).flatMap((answer) => answer.ignored ?? []);
  const filters = new Set([...names, ...(before?.ignored ?? [])].filter((name) => name !== "tz"));
  const said = [];
  if (filters.size) said.push(`not filtered by ${[...filters].map((name) => FILTERS[name].toLowerCase()).join(", ")}`);
  if (names.includes("tz")) said.push("days are UTC");
  return said.join(" · ");
}
