// Dead letters: what was rejected, by kind and reason; the latest of one reason, and how to send them again.
import { ApiError, get } from "../lib/api.js";
import { byId, h } from "../lib/dom.js";
import { ago, count, moment } from "../lib/format.js";
import { Table } from "../lib/table.js";

const EVERY_MS = 5000;
const EMPTY = "No dead letters: nothing was rejected in the last 30 days.";

const COLUMNS = [
  { key: "reason", label: "Reason", cell: (row) => h("button", { type: "button", text: row.reason }) },
  { key: "kind", label: "Kind" },
  { key: "letters", label: "Letters", type: "int" },
  { key: "fields", label: "Fields", value: (row) => listed(row.fields), grow: true },
  { key: "keys", label: "Write keys", value: (row) => listed(row.keys) },
  { key: "last_at", label: "Last", value: (row) => row.last_at, cell: (row) => when(row.last_at) },
];

export class LettersPanel {
  #status = h("p", { class: "card-note", role: "status" });
  #samples = h("div", { class: "letters" });
  #table = new Table(COLUMNS, { caption: "Dead letters by reason", onRow: (row) => this.#open(row) });
  #timer;
  #asked = 0;

  constructor() {
    const box = h("div", { class: "table-wrap panel-table", tabindex: "0" }, this.#table.element);
    byId("panel-letters").append(this.#status, box, this.#samples);
  }

  /** Reads the reasons now and again, until the tab is closed. */
  async show() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.show(), EVERY_MS);
    try {
      const { data } = await get("/api/dead-letters");
      this.#table.update(data);
      const letters = data.reduce((sum, row) => sum + row.letters, 0);
      this.#say(data.length ? `${count(letters)} rejected items of the last 30 days · a row shows its latest` : EMPTY);
      if (!data.length) this.#samples.replaceChildren();
    } catch (error) {
      this.#failed(error);
    }
  }

  hide() {
    clearTimeout(this.#timer);
  }

  async #open({ kind, reason }) {
    const asked = ++this.#asked; // only the latest choice is shown
    const head = [h("h3", { text: `${reason} · ${kind}` }), replay(kind, reason)];
    try {
      const { data } = await get(`/api/dead-letters/${kind}/${reason}`);
      if (asked === this.#asked) this.#samples.replaceChildren(...head, h("ol", {}, data.map(letter)));
    } catch (error) {
      if (asked === this.#asked) this.#failed(error);
    }
  }

  #failed(error) {
    if (!(error instanceof ApiError)) throw error;
    this.#say(error.message, true);
  }

  #say(text, wrong = false) {
    this.#status.textContent = text;
    this.#status.classList.toggle("card-error", wrong);
  }
}

function letter(row) {
  const from = [row.source, `key ${row.key_name}`, row.field && `field ${row.field}`].filter(Boolean).join(" · ");
  const cut = row.text.length < row.bytes && row.text.length >= 4000 ? ` The first 4,000 characters of ${count(row.bytes)} bytes.` : "";
  return h(
    "li",
    {},
    h("p", {}, when(row.rejected_at), h("span", { class: "muted", text: ` · ${from}` })),
    h("p", { text: `${row.message}${cut}` }),
    row.text && h("pre", { tabindex: "0", text: row.text }),
  );
}

/** How to send them again; whoever may do so has a shell on the machine. */
function replay(kind, reason) {
  const command = `footfall replay --reason ${reason} --kind ${kind}`;
  return h(
    "p",
    { class: "card-note" },
    "To send them again after a fix: ",
    h("code", { text: `${command} --dry-run` }),
    " says what would be taken; ",
    h("code", { text: command }),
    " takes it. A misnamed field is renamed by ",
    h("code", { text: "--map THEIRS=OURS" }),
    ".",
  );
}

const listed = (texts) => texts.filter(Boolean).join(", ") || "–";
const when = (at) => h("time", { datetime: at, title: moment(at), text: ago(at) });
