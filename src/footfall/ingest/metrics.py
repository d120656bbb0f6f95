"""What ingest counts, for Prometheus: no label or value holds a key, an id or a text of a shop's data."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

disable_created_metrics()  # type: ignore[no-untyped-call]
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_ROWS = (1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.items = self._counter("items", "Items of requests.", "kind", "outcome")
        self.senders = self._counter(
            "key_items", "Items of requests by the name of their key.", "key", "outcome"
        )
        self.rejected = self._counter("rejected", "Rejected items by reason.", "kind", "reason")
        self.requests = self._counter("requests", "Requests by answer.", "status")
        self.decided = self._counter("changes", "What became of changes in the writer.", "lane", "outcome")
        self.retries = self._counter(
            "retries", "Rounds of the writer that failed and were tried again.", "lane"
        )
        self.repaired = self._counter("repaired_rows", "Rows that a table lacked and got.", "lane")
        self.healed = self._counter("healed_days", "Days of rollups that were rebuilt.", "rollup")
        self.flush_rows = Histogram(
            "footfall_ingest_flush_rows",
            "Rows of an INSERT.",
            ["lane"],
            buckets=_ROWS,
            registry=self.registry,
        )
        self.flush_seconds = Histogram(
            "footfall_ingest_flush_seconds",
            "Time of an INSERT.",
            ["lane"],
            buckets=_SECONDS,
            registry=self.registry,
        )

        self.sync_seconds = Histogram(
            "footfall_ingest_sync_seconds",
            "Time until the kernel had written the data folder's files.",
            buckets=_SECONDS,
            registry=self.registry,
        )

        # Every request counts a few: each child is looked up once. Its labels come from closed sets.
        self._items_of = cache(self.items.labels)
        self._sent_by = cache(self.senders.labels)
        self._requests_with = cache(self.requests.labels)

    def took(self, kind: str, key: str, outcome: str, count: int) -> None:
        """Counts items of a request."""
        self._items_of(kind, outcome).inc(count)
        self._sent_by(key, outcome).inc(count)

    def answered(self, status: int) -> None:
        """Counts a request."""
        self._requests_with(str(status)).inc()

    def watch(self, inbox: Callable[[], "InboxState"]) -> None:
        """Adds the inbox's rows, bytes and age, read when they are asked for."""
        self.registry.register(_InboxGauges(inbox))

    def watch_letters(self, totals: Callable[[], Iterator[tuple[str, int, int]]]) -> None:
        """Adds how many dead letters were kept and dropped, by reason, read when they are asked for."""
        self.registry.register(_LetterCounters(totals))

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(f"footfall_ingest_{name}", help_, labels, registry=self.registry)


@dataclass(frozen=True, slots=True)
class InboxState:
    """What the inbox holds: rows and bytes that wait by lane, and since when (ms); rows and bytes that are
    kept; changes of orders that wait for their order, and their bytes."""

    sizes: dict[str, tuple[int, int]]
    oldest: int | None
    kept: tuple[int, int]
    early: tuple[int, int]


class _InboxGauges:
    """Gauges of the inbox: sizes by lane, and the age of the oldest row that waits."""

    def __init__(self, inbox: Callable[[], InboxState]) -> None:
        self._inbox = inbox

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = self._inbox()
        rows = GaugeMetricFamily("footfall_ingest_inbox_rows", "Rows that wait.", labels=["lane"])
        size = GaugeMetricFamily("footfall_ingest_inbox_bytes", "Bytes that wait.", labels=["lane"])
        for lane, (lane_rows, lane_bytes) in state.sizes.items():
            rows.add_metric([lane], lane_rows)
            size.add_metric([lane], lane_bytes)
        yield rows
        yield size
        age = 0.0 if state.oldest is None else max(0.0, time.time() - state.oldest / 1000)
        for name, help_, value in (
            ("inbox_age_seconds", "Age of the oldest that waits.", age),
            ("kept_rows", "Rows in the store that are kept until its disk has them.", state.kept[0]),
            ("kept_bytes", "Bytes of such rows.", state.kept[1]),
            ("waiting_changes", "Changes of orders that wait for their order.", state.early[0]),
            ("waiting_changes_bytes", "Bytes of such changes.", state.early[1]),
        ):
            yield GaugeMetricFamily(f"footfall_ingest_{name}", help_, value)


class _LetterCounters:
    """Counters of dead letters; they stand in the inbox, so they outlive the process."""

    def __init__(self, totals: Callable[[], Iterator[tuple[str, int, int]]]) -> None:
        self._totals = totals

    def collect(self) -> Iterator[CounterMetricFamily]:
        kept = CounterMetricFamily(
            "footfall_ingest_dead_letters", "Dead letters that were kept.", labels=["reason"]
        )
        dropped = CounterMetricFamily(
            "footfall_ingest_dead_letters_dropped",
            "Rejected items that were not kept, because the day's room was used up.",
            labels=["reason"],
        )
        for reason, letters, lost in self._totals():
            kept.add_metric([reason], letters)
            dropped.add_metric([reason], lost)
        yield kept
        yield dropped
