// Parameters of a statement, `{name:Type}`: an input for each, kept while the statement is being changed.
import { h } from "../lib/dom.js";

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z_0-9]*):([^{}]+)\}/g;

export class Params {
  #place;
  #values = new Map();
  #shown = "";

  #changed;

  /** `changed()` is called after each change of a value. */
  constructor(place, changed) {
    this.#place = place;
    this.#changed = changed;
  }

  /** Shows an input for each parameter that the text names. */
  follow(text) {
    const found = new Map([...text.matchAll(PLACEHOLDER)].map(([, name, type]) => [name, type.trim()]));
    const shown = JSON.stringify([...found]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#place.replaceChildren(...[...found].map(([name, type]) => this.#field(name, type)));
    this.#place.hidden = found.size === 0;
  }

  /** Their values, as text. */
  get values() {
    const inputs = [...this.#place.querySelectorAll("input")];
    return Object.fromEntries(inputs.map(({ name, value }) => [name, value]));
  }

  /** Sets values, as when a named query is opened with its defaults. */
  set values(values) {
    for (const [name, value] of Object.entries(values)) this.#values.set(name, value);
    this.#shown = "";
  }

  #field(name, type) {
    const value = this.#values.get(name) ?? "";
    const input = h("input", { name, value, autocomplete: "off", spellcheck: "false", size: 16 });
    input.addEventListener("input", () => {
      this.#values.set(name, input.value);
      this.#changed();
    });
    return h("label", { class: "field" }, `${name} (${type})`, input);
  }
}
