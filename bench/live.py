"""Many pages on one process: `footfall bench live`; others by `python -m bench.live --help`.

A demo's stream runs meanwhile, into a shop. Subscribers are kept-alive connections of two processes beside
the server; each frame of events says when it was made, so its lag is what its way to a subscriber took.
Beside them one client asks the REST part, one request after another; `/healthz` needs no store, so its time
is how long the process keeps others waiting. Its CPU is that of the whole process a second, memory its
largest resident set.
"""

import argparse
import asyncio
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from statistics import quantiles
from typing import NamedTuple

import aiohttp
import psutil

from bench.report import Report, show
from bench.stack import streamed_page
from footfall.config import Config

SUBSCRIBERS, RATE = 2_000, 100
WORKERS = 2
WARM_UP_S = 5.0
FRAME = b'event: events\ndata: {"at":"'
STAMP = 24  # characters of a moment
LAG_LIMIT_MS, REST_LIMIT_MS, MEMORY_LIMIT_MIB = 250, 100, 300
PATHS = ("/healthz", "/api/query/event_types?from=today", "/api/query/live_series")


class Heard(NamedTuple):
    """What one process's subscribers heard: lags in ms, and frames by subscriber."""

    lags: list[float]
    frames: list[int]


class Page(asyncio.Protocol):
    """A subscriber; it looks for the moment at which each frame was made, and at nothing else."""

    def __init__(self, heard: Heard, number: int, since: float) -> None:
        self._heard, self._number, self._since, self._rest = heard, number, since, b""

    def data_received(self, data: bytes) -> None:
        now = time.time()
        data = self._rest + data
        at = data.find(FRAME)
        while at >= 0 and at + len(FRAME) + STAMP <= len(data):
            if now >= self._since:
                stamp = data[at + len(FRAME) : at + len(FRAME) + STAMP].decode()
                self._heard.lags.append((now - datetime.fromisoformat(stamp).timestamp()) * 1000)
                self._heard.frames[self._number] += 1
            at = data.find(FRAME, at + len(FRAME))
        self._rest = data[at:] if at >= 0 else data[-len(FRAME) :]


def listen(port: int, subscribers: int, seconds: float) -> Heard:
    """Subscribers of one process, for some seconds."""
    return asyncio.run(_listen(port, subscribers, seconds))


async def _listen(port: int, subscribers: int, seconds: float) -> Heard:
    loop = asyncio.get_running_loop()
    heard = Heard([], [0] * subscribers)
    since = time.time() + WARM_UP_S
    request = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    pages = []
    for number in range(subscribers):
        page = partial(Page, heard, number, since)
        transport, _ = await loop.create_connection(page, "127.0.0.1", port)
        transport.write(request)
        pages.append(transport)
    await asyncio.sleep(max(0.0, since - time.time()) + seconds)
    for transport in pages:
        transport.close()
    return heard


async def ask(config: Config, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of requests to the REST part, one after another, by path."""
    taken: dict[str, list[float]] = {path: [] for path in PATHS}
    await asyncio.sleep(WARM_UP_S)
    until = time.monotonic() + seconds
    async with aiohttp.ClientSession(config.url("live")) as session:
        while time.monotonic() < until:
            for path in PATHS:
                began = time.perf_counter()
                async with session.get(path) as response:
                    await response.read()
                taken[path].append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.1)
    return taken


def measure(*, events: int, seconds: float, subscribers: int = SUBSCRIBERS, rate: int = RATE) -> Report:
    """Starts a stack with a shop and a stream, and listens for some seconds."""
    allow_files(subscribers)
    with streamed_page(rate, events) as (config, live):
        report = asyncio.run(_measure(config, psutil.Process(live.pid), subscribers, seconds, rate))
    report.events = events
    return report


async def _measure(
    config: Config, live: psutil.Process, subscribers: int, seconds: float, rate: int
) -> Report:
    """Listens and asks at once."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(WORKERS) as pool:
        each = subscribers // WORKERS
        listening = [
            loop.run_in_executor(pool, listen, config.live_port, each, seconds) for _ in range(WORKERS)
        ]
        asking = asyncio.create_task(ask(config, seconds))
        await asyncio.sleep(WARM_UP_S)
        largest, cpu, began = 0, live.cpu_times(), time.monotonic()
        while not asking.done():
            largest = max(largest, live.memory_info().rss)
            await asyncio.sleep(0.2)
        used, lasted = live.cpu_times(), time.monotonic() - began
        share = (used.user + used.system - cpu.user - cpu.system) / lasted
        heard = await asyncio.gather(*listening)
    lags = [lag for one in heard for lag in one.lags]
    frames = [count for one in heard for count in one.frames]
    report = Report(
        f"Live: {subscribers:,} subscribers, {rate:,} events/s",
        ["what", "median", "p99", "most", "bound"],
        0,
        len(lags),
        "embedded",
    )
    report.rows.append(["lag of a frame, ms", *_spread(lags), f"p99 {LAG_LIMIT_MS}"])
    taken = asking.result()
    every = [one for path in PATHS for one in taken[path]]
    report.rows.append(["a REST request, ms", *_spread(every), f"p99 {REST_LIMIT_MS}"])
    report.rows.append(["of these /healthz", *_spread(taken["/healthz"]), ""])
    report.rows.append(["CPU of the process, % of a core", "", "", 100 * share, ""])
    report.rows.append(["memory of the process, MiB", "", "", largest / (1 << 20), str(MEMORY_LIMIT_MIB)])
    report.rows.append(["frames by subscriber: fewest, most", "", min(frames), max(frames), "the same"])
    return report


def allow_files(subscribers: int) -> None:
    """Lets this process, and those that it starts, have as many connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, subscribers * 2 + 1024), hard))


def _spread(values: list[float]) -> list[float | str]:
    cuts = quantiles(values, n=100, method="inclusive")
    return [cuts[49], cuts[98], max(values)]


def main() -> None:
    """The same with other numbers of subscribers and events."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=0, help="of the shop that is there before")
    parser.add_argument("--subscribers", type=int, default=SUBSCRIBERS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=RATE, help="events a second")
    given = parser.parse_args()
    show(measure(**vars(given)))


if __name__ == "__main__":
    main()
