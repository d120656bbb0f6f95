// Saving what ran as a named query: a name and a title, and the server keeps the file.
import { ApiError, post } from "../lib/api.js";
import { byId } from "../lib/dom.js";
import { planOf } from "./plan.js";

export class Saver {
  #draft;
  #ran = "";
  #details = byId("sql-save");
  #form = byId("sql-save-form");
  #said = byId("sql-saved");

  /** `draft()` answers {sql, params, columns} of what is in the box. */
  constructor(draft) {
    this.#draft = draft;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  /** Something ran, so that its columns are known. */
  ready(text, columns) {
    this.#ran = columns.length ? text : "";
  }

  async #save() {
    const { sql, params, columns } = this.#draft();
    if (sql !== this.#ran) {
      this.#said.textContent = "Run the statement first: its columns are saved with it.";
      return;
    }
    try {
      const { tables } = await planOf(sql, params);
      const { name, title } = Object.fromEntries(new FormData(this.#form));
      const body = { name, title, sql, params, columns, tables: [...new Set(tables.map(({ table }) => table))] };
      body.columns = columns.map(({ name: column, type }) => ({ name: column, type }));
      const { data } = await post("/api/queries", body);
      this.#said.textContent = `Saved as ${data.name}. footfall query ${data.name} runs it; the dashboard knows it from its next start.`;
      this.#form.reset();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#said.textContent = error.message;
    }
    this.#details.open = true;
  }
}
