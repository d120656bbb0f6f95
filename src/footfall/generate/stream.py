"""`footfall stream`: the shop goes on in real time, over HTTP to ingest.

The n-th event is due at start + n / rate by the clock, never a sleep after the one before, so the rate holds
however late a moment is. What is due is sent every `TICK_S`, and stays in memory until it is acknowledged.
When that is more than `BACKLOG_ITEMS` (13 minutes at the default rate), the shop closes until there is room
again: nothing more happens, and that time is reported as skipped. The same where the machine slept.

After a history of this stack that ended a moment ago, the stream begins where it ended.
"""

import asyncio
import signal
import time
from dataclasses import replace
from typing import Final

from footfall.config import Config
from footfall.generate import record
from footfall.generate.catalogue import catalogue
from footfall.generate.items import Happening
from footfall.generate.plan import Plan
from footfall.generate.record import Record
from footfall.generate.sender import BACKLOG_ITEMS, Sender
from footfall.generate.shoppers import Shoppers
from footfall.generate.traffic import Traffic

TICK_S: Final = 0.25
REPORT_S: Final = 5.0
JOIN_MS: Final = 600_000  # a history that ended so long ago is joined without a gap
LATE_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 1.5
FINISH_LIMIT_S: Final = 30.0


def stream(
    config: Config, *, rate: float, orders_rate: float, duration: float | None, seed: int | None
) -> int:
    """Streams until SIGINT, SIGTERM or the duration's end; returns the exit code.

    1 where something was rejected or stayed without an acknowledgement, else 0. `seed` names the shop where
    the data folder has no history.
    """
    kept = record.read(config) if seed is None else None
    plan = kept.plan if kept else Plan.of(seed=1 if seed is None else seed)
    start_ms = _start(config, kept, rate)
    goods = catalogue(plan.seed, plan.products)
    shoppers = Shoppers(plan.seed, plan.users) if kept else None
    traffic = Traffic(goods, shoppers, rate, orders_rate, start_ms)
    return asyncio.run(_Stream(config, traffic, rate, start_ms, duration).run(introduce=kept is None))


def _start(config: Config, kept: Record | None, rate: float) -> int:
    """When the stream's clock starts (ms): now, or where a fresh history ended that no stream has joined."""
    now = time.time_ns() // 1_000_000
    if kept is None or kept.continued:
        return now
    record.write(config, replace(kept, continued=True))
    behind = now - kept.plan.until_ms
    return kept.plan.until_ms if behind < JOIN_MS and behind * rate / 1000 < BACKLOG_ITEMS / 2 else now


class _Stream:
    def __init__(
        self, config: Config, traffic: Traffic, rate: float, start_ms: int, duration: float | None
    ) -> None:
        self._config = config
        self._traffic = traffic
        self._rate = rate
        self._start = self._began = start_ms / 1000
        self._last = None if duration is None else round(duration * rate)
        self._sender = Sender(config)
        self._stopping = asyncio.Event()
        self._events = self._orders = 0
        self._skipped_s = 0.0
        self._closed = False

    async def run(self, *, introduce: bool) -> int:
        """Runs to the end; with `introduce`, tells ingest of the catalogue first."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        async with self._sender:
            if introduce:
                self._sender.add("products", list(self._traffic.speller.products()))
            report = asyncio.create_task(self._report())
            try:
                await self._emit()
                await self._finish()
                self._sender.check()
            finally:
                report.cancel()
                await asyncio.gather(report, return_exceptions=True)
        self._tell()
        for reason in self._sender.tally.reasons:
            print(f"rejected: {reason}", flush=True)
        return 1 if self._sender.waiting or self._sender.tally.rejected else 0

    async def _emit(self) -> None:
        """Hands over what is due, tick by tick."""
        planned: list[Happening] = []
        coming = asyncio.create_task(asyncio.to_thread(self._traffic.next))
        try:
            while not self._stopping.is_set() and self._events != self._last:
                due = self._due()
                while len(planned) < due:
                    planned += await coming
                    coming = asyncio.create_task(asyncio.to_thread(self._traffic.next))
                self._hand_over(planned[:due])
                del planned[:due]
                await self._pause()
        finally:
            await coming

    def _due(self) -> int:
        """How many events are due; none while the shop is closed."""
        now = time.time()
        late = now - self._start - self._events / self._rate
        self._closed = self._sender.waiting >= BACKLOG_ITEMS
        if self._closed or (self._events and late > LATE_LIMIT_S):
            self._start += late
            self._skipped_s += late
            return 0
        due = int((now - self._start) * self._rate) - self._events
        return due if self._last is None else min(due, self._last - self._events)

    def _hand_over(self, happenings: list[Happening]) -> None:
        told = []
        for happening in happenings:
            told.append(happening.at(int((self._start + self._events / self._rate) * 1000)))
            self._events += 1
        if not told:
            return
        self._sender.add("users", [h.user for h in told if h.user is not None])
        self._sender.add("orders", [h.order for h in told if h.order is not None])
        self._sender.add("events", [h.event for h in told])
        self._orders += sum(h.event["event_type"] == "purchase" for h in told)

    async def _pause(self) -> None:
        """Waits for the next tick of the clock, or the end."""
        tick = TICK_S - time.time() % TICK_S
        try:
            async with asyncio.timeout(tick):
                await self._stopping.wait()
        except TimeoutError:
            pass

    async def _finish(self) -> None:
        """Waits for what has no acknowledgement yet; not for long where the stream was stopped."""
        drained = asyncio.create_task(self._sender.drain(FINISH_LIMIT_S))
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({drained, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not drained.done():
            await asyncio.wait({drained}, timeout=STOP_LIMIT_S)
            drained.cancel()
        await asyncio.gather(drained, stopped, return_exceptions=True)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            self._tell()

    def _tell(self) -> None:
        tally = self._sender.tally
        seconds = max(time.time() - self._began - self._skipped_s, 1e-3)
        line = (
            f"{self._events:,} events ({self._events / seconds:.1f}/s) and {self._orders:,} orders"
            f" ({self._orders / seconds:.1f}/s); items: {tally.sent:,} sent,"
            f" {tally.acknowledged:,} acknowledged, {tally.retried:,} requests retried"
        )
        if tally.rejected:
            line += f", {tally.rejected:,} rejected"
        if self._skipped_s:
            line += f"; {self._skipped_s:.0f} s skipped"
        if self._closed:
            line += f"; {self._sender.waiting:,} wait for an acknowledgement, so the shop is closed"
        print(line, flush=True)
