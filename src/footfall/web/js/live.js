// The live page: one stream of frames from the server feeds the events and every board beside them.
import { ApiError, errorIn } from "./lib/api.js";
import { Card } from "./lib/card.js";
import { page } from "./lib/dom.js";
import { fresh, notice } from "./lib/freshness.js";
import { setZone, time, zoneName } from "./lib/format.js";
import { makeZones } from "./lib/bar.js";
import { onNavigate } from "./lib/nav.js";
import { viewOf } from "./lib/view.js";
import * as geography from "./dashboard/geography.js";
import * as users from "./dashboard/users.js";
import { Builder } from "./live/builder.js";
import { drawCards, drawErrors, drawRate, table as figuresTable } from "./live/cards.js";
import { aboutErrors } from "./live/explained.js";
import { makePanels } from "./live/explore.js";
import { drawHealth } from "./live/health.js";
import { LettersPanel } from "./live/letters.js";
import * as orders from "./live/orders.js";
import { SqlBox } from "./live/sql.js";
import { Stream } from "./live/stream.js";
import { makeTabs } from "./live/tabs.js";
import { makeTheme } from "./lib/theme.js";
import * as types from "./live/types.js";

const TODAY = { words: "today", zone: "UTC", filters: {} };

const stream = new Stream();
const figures = new Card("figures", {
  draw: (answers) => {
    if (answers.cards) drawCards(answers);
    if (answers.arrivals) drawRate(answers);
  },
  table: figuresTable,
  about: aboutErrors,
  plain: true,
  isEmpty: () => false,
});
const boards = {
  types: new Card("types", { draw: types.drawer((type) => stream.onlyType(type)), table: types.table, empty: "No event in the last 15 minutes. `footfall stream` sends some." }),
  orders: new Card("orders", { draw: orders.drawer(), table: orders.table, plain: true, empty: "No order in the last hour." }),
  countries: new Card("countries", { draw: geography.drawer("events", (code) => stream.onlyCountry(code)), table: geography.table, plain: true, empty: "No event today." }),
  users: new Card("users", { draw: users.drawer(({ user_id: id }) => `#timeline?user_id=${id}`), table: users.table, plain: true, empty: "No known user was active today." }),
};

// What each card is drawn from.
const feeds = [[figures, ["cards", "arrivals"]], ...Object.entries(boards).map(([kind, card]) => [card, [kind]])];

let lastFrameAt;
let storeAway = false;
let shownZone;
let source;
let again;

function listen() {
  clearTimeout(again);
  source?.close();
  source = new EventSource(stream.address());
  const on = (kind, then) =>
    source.addEventListener(kind, ({ data }) => {
      lastFrameAt = Date.now();
      then(JSON.parse(data));
    });
  on("events", (frame) => {
    stream.push(frame);
    const newest = frame.events.at(-1);
    if (newest) fresh(newest.ingested_at);
  });
  on("missed", ({ frames }) => stream.missed(frames));
  on("reset", () => stream.interrupted());
  for (const [card, kinds] of feeds) {
    const failed = new Map();
    for (const kind of kinds) {
      on(kind, (answer) => {
        failed.delete(kind);
        fresh(answer.meta.freshness);
        card.accept({ ...card.answers, [kind]: answer }, TODAY);
        if (failed.size) card.fail([...failed.values()][0]);
      });
      on(`${kind}-failed`, (answer) => {
        failed.set(kind, errorIn(answer));
        card.fail(errorIn(answer));
      });
    }
  }
  on("health", (board) => {
    drawErrors(board);
    drawHealth(board);
  });
  on("store", ({ away }) => {
    storeAway = away;
    dim(away);
    tell();
  });
  source.addEventListener("open", tell);
  source.addEventListener("error", () => {
    dim(true);
    tell();
    // A browser gives up where the answer was an error and not a stream; then we try again ourselves.
    if (source.readyState !== EventSource.CLOSED) return;
    stream.refused();
    again = setTimeout(listen, 2000);
  });

  function tell() {
    const last = lastFrameAt ? ` Figures are from ${time(lastFrameAt)} ${zoneName()}.` : "";
    if (source.readyState !== EventSource.OPEN) notice(`The stream is interrupted; connecting again.${last}`);
    else if (storeAway) notice(`The database does not answer; trying again.${last}`);
    else notice("");
  }
}

function dim(away) {
  if (!away) return; // each card is drawn, and so undimmed, by its next frame
  for (const [card] of feeds) card.fail(new ApiError("UNREACHABLE", "The database does not answer."));
}

const admin = page.role === "admin";
const box = admin && new SqlBox();
const still = { show() {}, hide() {} };
const panels = { ...makePanels(), health: still };
if (admin) {
  panels.letters = new LettersPanel();
  panels.builder = new Builder(async (sql) => {
    showTab("sql");
    await box.open(sql);
    box.run();
  });
}
const showTab = makeTabs({
  opened(name, given) {
    if (name !== "sql") panels[name].show(given);
    else if (given?.has("text")) box.openAddress(given);
    else box.show();
  },
  closed(name) {
    panels[name]?.hide();
  },
});

stream.onFilter = listen;
makeTheme();
const showZone = makeZones();
function follow() {
  const { zone } = viewOf(location.search);
  if (zone === shownZone) return;
  shownZone = zone;
  setZone(zone);
  showZone(zone);
  for (const [card] of feeds) card.redraw();
  stream.redraw();
}
onNavigate(follow);
follow();
listen();
