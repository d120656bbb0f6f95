"""What ingest counts, for Prometheus: no label or value holds a key, an id or a text of a shop's data."""

import time
from collections.abc import Callable, Iterator

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

    def watch(self, inbox: Callable[[], tuple[dict[str, tuple[int, int]], int | None]]) -> None:
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


class _InboxGauges:
    """Gauges of the inbox: sizes by lane, and the age of the oldest row that waits."""

    def __init__(self, inbox: Callable[[], tuple[dict[str, tuple[int, int]], int | None]]) -> None:
        self._inbox = inbox

    def collect(self) -> Iterator[GaugeMetricFamily]:
        sizes, oldest = self._inbox()
        rows = GaugeMetricFamily("footfall_ingest_inbox_rows", "Rows that wait.", labels=["lane"])
        size = GaugeMetricFamily("footfall_ingest_inbox_bytes", "Bytes that wait.", labels=["lane"])
        for lane, (lane_rows, lane_bytes) in sizes.items():
            rows.add_metric([lane], lane_rows)
            size.add_metric([lane], lane_bytes)
        age = 0.0 if oldest is None else max(0.0, time.time() - oldest / 1000)
        yield rows
        yield size
        yield GaugeMetricFamily("footfall_ingest_inbox_age_seconds", "Age of the oldest that waits.", age)


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
