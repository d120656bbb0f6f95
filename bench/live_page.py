"""The live page over hours: `python -m bench.live_page --minutes 60 --rate 500`.

Chromium shows the page while events stream in. Each minute its heap is read after a collection of garbage,
with the number of nodes and listeners, and the times between frames of that minute. A leak shows as a
heap that grows from minute to minute; charts that stutter as a p99 far above a frame's 16.7 ms.
"""

import argparse
from statistics import quantiles
from typing import Any

from playwright.sync_api import CDPSession, Page, expect
from tests.browser.conftest import launched

from bench.report import Report, show
from bench.stack import streamed_page

MIB = 1 << 20
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


def minute(page: Page, session: CDPSession) -> list[float | str]:
    """Heap in MiB, nodes, listeners, and frame times of the minute that ends now: median, p99, most."""
    page.wait_for_timeout(60_000)
    frames: list[float] = page.evaluate(TAKE)
    session.send("HeapProfiler.collectGarbage")
    metrics: dict[str, Any] = {
        metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]
    }
    cuts = quantiles(frames, n=100, method="inclusive") if len(frames) > 1 else [0.0] * 99
    counts = [int(metrics["Nodes"]), int(metrics["JSEventListeners"])]
    return [metrics["JSHeapUsedSize"] / MIB, *counts, cuts[49], cuts[98], max(frames, default=0.0)]


def main() -> None:
    """Starts a stack with a stream, watches the page, and prints a line a minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--rate", type=int, default=500, help="events a second")
    given = parser.parse_args()
    columns = ["minute", "heap, MiB", "nodes", "listeners", "frame, ms: median", "p99", "most"]
    report = Report(f"The live page at {given.rate} events/s", columns, 0, given.minutes, "embedded")
    with streamed_page(given.rate) as (config, _), launched() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(config.url("live"))
        expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.evaluate(RECORD)
        for number in range(given.minutes):
            report.rows.append([str(number + 1), *minute(page, session)])
            print(report.rows[-1], flush=True)
    show(report)


if __name__ == "__main__":
    main()
