"""The live page's stream, as long and as fast as it runs: it holds no more, and what is asked for comes."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from footfall.config import Config
from tests import support
from tests.browser.test_live import line, send
from tests.browser.watching import SPY, TAKE_LAGS, Heap, heap, session_of
from tests.ingest.client import Client as Shop

KINDS = ("events", "cards", "types", "arrivals", "orders", "countries", "users", "health")
ROUNDS = 100
REPLAY = """async ([kinds, rounds]) => {
    const source = window.spy.source;
    const frames = kinds.map((kind) => [kind, window.spy.latest[kind]]);
    const drawn = () => new Promise((then) => requestAnimationFrame(then));
    for (let round = 0; round < rounds; round += 1) {
        for (const [kind, data] of frames) {
            const frame = JSON.parse(data);
            const at = new Date().toISOString();
            if (kind === "events") {
                frame.count = frame.events.length;
                for (const event of frame.events)
                    Object.assign(event, { event_id: crypto.randomUUID(), ingested_at: at });
            }
            source.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(frame) }));
        }
        await drawn();
    }
    await drawn();
}"""


@pytest.fixture
def page(open_page: Callable[..., Page], live_url: str) -> Page:
    """The page, with who watches it."""
    page = open_page("about:blank")
    page.add_init_script(SPY)
    page.goto(live_url)
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    return page


def burst(config: Config, user_id: str) -> list[str]:
    """Many events of many users at once, of which a sample is sent; the ids of the five of this user."""
    events = [{"event_id": str(uuid4()), "event_type": "page_view", "user_id": str(n)} for n in range(1500)]
    for event in events[7::300]:
        event["user_id"] = user_id
    assert Shop(config).post("events", events).status == 202
    return [event["event_id"] for event in events[7::300]]


def listens_to(page: Page, address: str) -> bool:
    """Whether the page's stream is the one at this address, and open."""
    url, state = page.evaluate("[window.spy.source.url, window.spy.source.readyState]")
    return bool(url.endswith(address) and state == 1)


def test_frames_of_hours_leave_nothing_behind(page: Page, config: Config) -> None:
    send(
        config, event_type="purchase", user_id="1", order_id="o-9", revenue=5, page_url="/lamp", country="DE"
    )
    support.wait_until(lambda: set(KINDS) <= set(page.evaluate("Object.keys(window.spy.latest)")))
    support.wait_until(lambda: bool(page.evaluate("JSON.parse(window.spy.latest.events).events.length")))
    session = session_of(page)
    page.evaluate(REPLAY, [KINDS, 210])  # until the stream holds all that it may
    before = heap(session)
    assert page.locator("#stream li").count() == 200
    page.evaluate(REPLAY, [KINDS, ROUNDS])
    assert page.locator("#stream li").count() == 200
    most = Heap(before.mib + 2, before.nodes + ROUNDS, before.listeners + ROUNDS // 2)
    # Frames of the shop itself go on: what such a one just replaced may wait for the next collection.
    support.wait_until(lambda: all(held <= limit for held, limit in zip(heap(session), most, strict=True)))


def test_a_filter_finds_all_of_a_burst_that_it_asks_for(page: Page, config: Config) -> None:
    text = page.get_by_placeholder("User, country, page, order")
    text.fill("31337")
    expect(page).to_have_url(re.compile("find=31337"))
    support.wait_until(lambda: listens_to(page, "/events?find=31337"))
    wanted, other = burst(config, "31337"), send(config, user_id="4711")
    for event_id in wanted:
        expect(line(page, event_id)).to_be_visible()
    expect(line(page, other)).to_have_count(0)
    text.fill("")
    support.wait_until(lambda: listens_to(page, "/events"))
    expect(line(page, other)).to_be_visible()


def test_it_says_how_long_an_event_took_from_its_acceptance(page: Page, config: Config) -> None:
    event_id = send(config, user_id="1")
    expect(line(page, event_id)).to_be_visible()
    frame = json.loads(page.evaluate("window.spy.latest.events"))
    assert frame["events"][-1]["event_id"] == event_id
    sent, accepted = map(datetime.fromisoformat, (frame["at"], frame["events"][-1]["ingested_at"]))
    ms = round((sent - accepted).total_seconds() * 1000)
    assert ms >= 0
    took = f"{ms} ms" if ms < 1000 else f"{int(ms / 1000 + 0.5)} s"
    expect(page.locator("#stream-lag")).to_have_text(f"sent {took} after it was accepted")
    lags = page.evaluate(TAKE_LAGS)
    assert len(lags) == 1 and lags[0] >= ms, "until its line stood in the page"


def test_a_gap_is_told(page: Page) -> None:
    page.evaluate("window.spy.source.dispatchEvent(new MessageEvent('reset', { data: '{}' }))")
    expect(page.locator("#stream-missed")).to_have_text("some events of an interruption are missing")
