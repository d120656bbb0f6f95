// What is behind a mark that was clicked, in the side sheet: its rows as a table, as a file, and how they were found.
import { ApiError, get } from "./api.js";
import { h } from "./dom.js";
import { count } from "./format.js";
import { computed, fileOf, openPanel } from "./sheet.js";
import { Table } from "./table.js";

const SHOWN = 1000;
const PAGE = 25;

/** Asks `query` with `params` and shows its rows under `about`; `columns` are a table's, `most` what a file may hold. */
export async function openRows({ title, about, query, params, columns, most = 100_000 }) {
  const status = h("p", { class: "card-note", role: "status", text: "Reading …" });
  const place = h("div", { class: "stack" });
  openPanel(title, [h("p", { text: about }), status, place]);
  try {
    const answer = await get(`/api/query/${query}`, { ...params, limit: SHOWN });
    status.textContent = answer.data.length === SHOWN ? `The first ${count(SHOWN)} are shown${most > SHOWN ? "; the file has all" : ""}.` : `${count(answer.data.length)} found.`;
    const table = new Table(columns, { caption: title, pageSize: PAGE });
    table.update(answer.data);
    const whole = { query, params: { ...params, limit: most } };
    const file = h("p", { class: "row" }, fileOf(whole, "csv"), fileOf(whole, "parquet"));
    place.replaceChildren(h("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-label": title }, table.element), table.pager, file, how(answer));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    status.textContent = error.message;
  }
}

/** How the rows were found; read when it is opened. */
function how(answer) {
  const details = h("details", {}, h("summary", { text: "How is this computed?" }));
  details.addEventListener("toggle", () => details.append(computed({ answer })), { once: true });
  return details;
}
