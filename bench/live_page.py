"""The live page over hours: `python -m bench.live_page --minutes 60 --rate 500`.

Chromium shows the page while events stream in. Each minute its heap is read after a collection of garbage,
with the number of nodes and listeners, the times between frames of that minute, and how long the events whose
lines came in it took from their acceptance by ingest to the moment at which their line stood in the page. A
leak shows as a heap that grows from minute to minute; charts that stutter as a p99 far above a frame's
16.7 ms; at last come the times of all lines together, whose p99 is to be below a second.
"""

import argparse
from statistics import quantiles

from playwright.sync_api import CDPSession, Page, expect
from tests.browser.conftest import launched
from tests.browser.watching import SPY, TAKE_LAGS, heap, session_of

from bench.report import Report, show
from bench.stack import streamed_page

RECORD = """() => {
    window.frames_ms = [];
    let last;
    const next = (now) => {
        if (last !== undefined) window.frames_ms.push(now - last);
        last = now;
        requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
}"""
TAKE = "() => window.frames_ms.splice(0)"
SPREAD = ("median", "p99", "most")


def minute(page: Page, session: CDPSession, lags: list[float]) -> list[float | str]:
    """Heap, nodes, listeners, frame times and lags of the minute that ends now; `lags` gets its lags."""
    page.wait_for_timeout(60_000)
    frames: list[float] = page.evaluate(TAKE)
    shown: list[float] = page.evaluate(TAKE_LAGS)
    lags += shown
    return [*heap(session), *spread(frames), *spread(shown)]


def spread(times: list[float]) -> list[float | str]:
    """Median, p99 and the most of some times."""
    cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else [0.0] * 99
    return [cuts[49], cuts[98], max(times, default=0.0)]


def main() -> None:
    """Starts a stack with a stream, watches the page, and prints a line a minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--rate", type=int, default=500, help="events a second")
    given = parser.parse_args()
    times = [f"{what}, ms: {part}" for what in ("frame", "accepted to shown") for part in SPREAD]
    columns = ["minute", "heap, MiB", "nodes", "listeners", *times]
    report = Report(f"The live page at {given.rate} events/s", columns, 0, given.minutes, "embedded")
    lags: list[float] = []
    with streamed_page(given.rate) as (config, _), launched() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(SPY)
        page.goto(config.url("live"))
        expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
        session = session_of(page)
        page.evaluate(RECORD)
        for number in range(given.minutes):
            report.rows.append([str(number + 1), *minute(page, session, lags)])
            print(report.rows[-1], flush=True)
    report.rows.append(["all", *[""] * 6, *spread(lags)])
    show(report)


if __name__ == "__main__":
    main()
