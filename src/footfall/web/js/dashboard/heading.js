// The head of a page about one product or user: who that is, which has no period, filter or zone, so that cards, which
// tell what of these their answers do not take, have no part in it.
import { ApiError, get } from "../lib/api.js";

/** What asks a named query for its one row and draws it: once, and again at the next call where it could not be asked. */
export function heading(query, params, draw) {
  let asked;
  return () => {
    asked ??= get(`/api/query/${query}`, params)
      .then(({ data: [row] }) => row && draw(row))
      .catch((error) => {
        asked = undefined;
        if (!(error instanceof ApiError)) throw error;
      });
  };
}
