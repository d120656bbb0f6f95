"""Watches a live page from outside: its heap, and how long events take from acceptance to their line.

`SPY` is for `add_init_script`: it hears what the page's stream hears (`window.spy`), keeps the latest frame
of each kind, and of each event that was accepted after the page was opened the milliseconds from its
acceptance, as its frame tells it, to the moment at which its line stood in the page.
"""

from typing import Any, NamedTuple

from playwright.sync_api import CDPSession, Page

MIB = 1 << 20
SPY = """(() => {
    const spy = (window.spy = { latest: {}, lags: [], source: undefined });
    const accepted = new Map();
    const opened = Date.now();
    window.EventSource = class extends EventSource {
        constructor(...given) {
            super(...given);
            spy.source = this;
        }
        addEventListener(kind, ...given) {
            super.addEventListener(kind, ({ data }) => data && hear(kind, data));
            super.addEventListener(kind, ...given);
        }
    };
    function hear(kind, data) {
        spy.latest[kind] = data;
        if (kind !== "events") return;
        for (const { event_id, ingested_at } of JSON.parse(data).events)
            if (Date.parse(ingested_at) > opened) accepted.set(event_id, Date.parse(ingested_at));
    }
    new MutationObserver((changes) => {
        const now = Date.now();
        for (const { addedNodes } of changes)
            for (const { dataset } of addedNodes) {
                const at = accepted.get(dataset?.eventId);
                if (at && accepted.delete(dataset.eventId)) spy.lags.push(now - at);
            }
    }).observe(document, { childList: true, subtree: true });
})();"""
TAKE_LAGS = "() => { const lags = window.spy.lags; window.spy.lags = []; return lags; }"


class Heap(NamedTuple):
    """What a page holds once its garbage is collected."""

    mib: float
    nodes: int
    listeners: int


def session_of(page: Page) -> CDPSession:
    """A session that measures a page."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return session


def heap(session: CDPSession) -> Heap:
    """What the page holds now."""
    session.send("HeapProfiler.collectGarbage")
    found: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    metrics = {metric["name"]: metric["value"] for metric in found}
    return Heap(metrics["JSHeapUsedSize"] / MIB, int(metrics["Nodes"]), int(metrics["JSEventListeners"]))
