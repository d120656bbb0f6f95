"""Both pages, looked at: one client asks the dashboard's endpoints in turn, another reads the live stream.

So a measurement can say what something costs beside a running dashboard. `python -m bench.pages` opens each
page in Chromium, by itself and with an empty cache: when it first shows something, when all of its cards are
drawn, how much came over the wire, how far things moved meanwhile (layout shift).
"""

import argparse
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, expect
from tests import support
from tests.browser.conftest import launched

from bench.report import Report, show, spread
from bench.stack import shop
from footfall.config import Config
from footfall.dashboard.app import ENDPOINTS

PATHS: dict[str, tuple[Literal["dashboard", "live"], str]] = {
    "dashboard": ("dashboard", "/"),
    "dashboard, today": ("dashboard", "/?period=today"),
    "product": ("dashboard", "/products/1"),
    "user": ("dashboard", "/users/1"),
    "live": ("live", "/"),
}
MOVED = """
    window.moved = 0;
    new PerformanceObserver((list) => {
        for (const { value } of list.getEntries()) window.moved += value;
    }).observe({ type: "layout-shift", buffered: true });
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
LOOK_S = 0.5  # between two endpoints: a page that is loaded every three seconds


@dataclass
class Asked:
    """How many answers and frames came; `ended` is set when nobody looks any more."""

    answers: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def watched_pages(config: Config) -> Iterator[Asked]:
    """Starts dashboard and live page, and looks at both for as long as the block lasts."""
    asked = Asked()
    servers = [support.start("dashboard", config), support.start("live", config)]
    threads = [
        threading.Thread(target=_ask, args=(config, asked)),
        threading.Thread(target=_read, args=(config, asked), daemon=True),  # ends with its server
    ]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        asked.ended.set()
        for server in servers:
            server.stop()
        for thread in threads:
            thread.join(10)


def _ask(config: Config, asked: Asked) -> None:
    while not asked.ended.is_set():
        for path in ENDPOINTS:
            with urllib.request.urlopen(config.url("dashboard") + path, timeout=60) as answer:
                answer.read()
            asked.answers += 1
            if asked.ended.wait(LOOK_S):
                return


def _read(config: Config, asked: Asked) -> None:
    try:
        with urllib.request.urlopen(config.url("live") + "/events", timeout=60) as stream:
            for line in stream:
                asked.answers += line.startswith(b"data:")
    except OSError:
        if not asked.ended.is_set():
            raise


def opened(browser: Browser, url: str) -> tuple[float, float, float, float]:
    """Of a page that nobody has opened before: ms to the first paint, ms to all cards, KB, layout shift."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(MOVED)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    came: list[int] = []
    session.on("Network.loadingFinished", lambda loaded: came.append(loaded["encodedDataLength"]))
    began = time.perf_counter()
    page.goto(url)
    expect(page.locator("section.card[data-state=loading]")).to_have_count(0)
    drawn_ms = (time.perf_counter() - began) * 1000
    first_ms, moved = page.evaluate(f"[{FIRST_PAINT}, window.moved]")
    context.close()
    return first_ms, drawn_ms, sum(came) / 1000, moved


def main() -> None:
    """Generates a shop, opens every page several times and prints a line a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=294_000)
    parser.add_argument("--runs", type=int, default=10)
    given = parser.parse_args()
    columns = [
        "page",
        "first paint, ms: median",
        "p95",
        "p99",
        "all drawn, ms: median",
        "p95",
        "p99",
        "KB",
        "shift",
    ]
    report = Report("Pages in Chromium, nothing cached", columns, given.events, given.runs, "embedded")
    with shop(given.events) as config, launched() as browser:
        servers = [support.start("dashboard", config), support.start("live", config)]
        try:
            for name, (server, path) in PATHS.items():
                seen = [opened(browser, config.url(server) + path) for _ in range(given.runs + 1)][1:]
                first, drawn, kilobytes, moved = zip(*seen, strict=True)
                report.rows.append([name, *spread(first), *spread(drawn), max(kilobytes), max(moved)])
        finally:
            for process in servers:
                process.stop()
    show(report)


if __name__ == "__main__":
    main()
