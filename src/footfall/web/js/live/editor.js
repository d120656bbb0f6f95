// The SQL editor: CodeMirror with ClickHouse's words, loaded when the SQL tab is first shown.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { SQLDialect, sql } from "@codemirror/lang-sql";
import { HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const KEYWORDS = `all and anti any array as asc asof between by case cast columns cross cube current date desc describe
  distinct else end except exists explain extract fetch fill final first following for format from full global group
  grouping having ilike in inner intersect interpolate interval into is join last lateral left like limit natural not
  null nulls offset on only or order outer over paste partition preceding prewhere qualify range recursive replace
  right rollup row rows sample select semi sets settings show step substring then ties timestamp to top totals
  trim unbounded union using values view when where window with`;
const TYPES = `array bool date date32 datetime datetime64 decimal decimal32 decimal64 decimal128 enum8 enum16
  fixedstring float32 float64 int8 int16 int32 int64 int128 int256 ipv4 ipv6 json lowcardinality map nested nullable
  string tuple uint8 uint16 uint32 uint64 uint128 uint256 uuid`;

const oneLine = (words) => words.replace(/\s+/g, " ");

const clickhouse = SQLDialect.define({
  keywords: oneLine(KEYWORDS),
  types: oneLine(TYPES),
  backslashEscapes: true,
  hashComments: true,
  doubleQuotedStrings: false,
  identifierQuotes: '`"',
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: [tags.lineComment, tags.blockComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--up)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-content, .cm-gutter": { minHeight: "120px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { color: "var(--muted)", backgroundColor: "var(--surface)", borderRight: "1px solid var(--grid)" },
  ".cm-wrong": { textDecoration: "underline wavy var(--bad)", textDecorationSkipInk: "none", backgroundColor: "var(--accent-soft)" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--raised)", outline: "1px solid var(--control)" },
  ".cm-tooltip": { color: "var(--text)", backgroundColor: "var(--surface)", border: "1px solid var(--border)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: "var(--on-accent)", backgroundColor: "var(--accent)" },
});

// Where typing replaces a selection, Chromium keeps the old text's look by an inline style, which our content
// security policy blocks and reports; so the replacing is done here and not by the browser.
const replaceSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || event.isComposing || view.state.selection.main.empty) return false;
    event.preventDefault();
    const change = view.state.replaceSelection(event.data ?? "");
    view.dispatch(change, { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

// The place of an error, until the text changes.
const setMark = StateEffect.define();
const wrong = Decoration.mark({ class: "cm-wrong" });
const marks = StateField.define({
  create: () => Decoration.none,
  update(shown, transaction) {
    const effect = transaction.effects.find((one) => one.is(setMark));
    if (effect) return effect.value ? Decoration.set([wrong.range(effect.value.from, effect.value.to)]) : Decoration.none;
    return transaction.docChanged ? Decoration.none : shown;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Columns of the tables that a text names, or of all where it names none yet. */
function columnsFor(schema, text) {
  const tables = Object.keys(schema);
  const named = tables.filter((table) => new RegExp(`\\b${table}\\b`).test(text));
  const homes = new Map();
  for (const table of named.length ? named : tables) {
    for (const column of schema[table]) homes.set(column, [...(homes.get(column) ?? []), table]);
  }
  const about = (of) => (of.length > 2 ? `${of.length} tables` : of.join(", "));
  return [...homes].map(([label, of]) => ({ label, detail: about(of), type: "property", boost: 1 }));
}

/** Completion of columns, functions, and named queries, which put their whole statement in. */
function moreCompletions(schema, functions, queries) {
  const others = [
    ...functions.map((label) => ({ label, type: "function", apply: `${label}(`, boost: -1 })),
    ...queries.map(({ name: label, title, sql: text }) => ({ label, detail: title, type: "text", apply: text, boost: -2 })),
  ];
  return clickhouse.language.data.of({
    autocomplete: (context) => {
      const word = context.matchBefore(/\w{2,}/);
      const qualified = word && context.state.sliceDoc(Math.max(0, word.from - 1), word.from) === ".";
      if (!word || qualified) return null; // after a table and a dot its columns are known
      const options = [...columnsFor(schema, context.state.doc.toString()), ...others];
      return { from: word.from, options, validFor: /^\w*$/ };
    },
  });
}

/**
 * An editor in `parent` that calls `run` on Ctrl-Enter and `changed` after each change; `nonce` is the page's, for
 * the styles it makes.
 */
export function makeEditor(parent, { text, nonce, run, changed }) {
  const language = new Compartment();
  // Below the screen's edge CodeMirror measures nothing, and line numbers stand where it guesses the lines: told to
  // scroll to the first line, which nobody carries out, it measures at once.
  let measured = false;
  const view = new EditorView({
    parent,
    scrollTo: EditorView.scrollIntoView(0),
    state: EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorView.scrollHandler.of(() => !measured && (measured = true)),
        EditorView.contentAttributes.of({ "aria-label": "SQL statement" }),
        keymap.of([
          { key: "Mod-Enter", run: () => (run(), true) },
          ...completionKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        lineNumbers(),
        history(),
        drawSelection(),
        replaceSelection,
        highlightActiveLine(),
        bracketMatching(),
        autocompletion(),
        language.of(sql({ dialect: clickhouse, upperCaseKeywords: true })),
        syntaxHighlighting(colours),
        look,
        marks,
        EditorView.updateListener.of((update) => update.docChanged && changed()),
        EditorView.lineWrapping,
      ],
    }),
  });
  return {
    get text() {
      return view.state.doc.toString();
    },
    set text(value) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
    },
    /** Tables with their columns, functions and named queries, for completion. */
    know({ schema, functions, queries }) {
      const known = sql({ dialect: clickhouse, upperCaseKeywords: true, schema });
      view.dispatch({ effects: language.reconfigure([known, moreCompletions(schema, functions, queries)]) });
    },
    /** Marks a place {from, to} as wrong, or nothing. */
    mark(place) {
      view.dispatch({ effects: setMark.of(place && place.to > place.from ? place : null) });
    },
    focus: () => view.focus(),
  };
}
