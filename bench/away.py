"""The engine is away, and ingest goes on: `python -m bench.away [--minutes 10] [--rate 10000]`.

First the full rate is measured: batches of 1,000 events as fast as they are answered, until all can be
queried. Then the engine is killed in the middle of such a flood, so that a block has no answer, and events
keep coming at `rate` for `minutes`. When the engine is back, the backlog is timed until all of it can be
queried. The tables' windows of deduplication are shrunk to `WINDOW` blocks before, far fewer than the backlog
has, so that nothing rests on what the engine remembers.

Prints a table and writes its figures with `--json`; exit code 1 where a request was not answered 202, where
the backlog was slower than 0.6 of the full rate, or where any figure differs from what was acknowledged.
"""

import argparse
import itertools
import secrets
import sys
import time
from pathlib import Path

import msgspec
from tests import support
from tests.crash.rounds import ROLLUPS
from tests.crash.shop import sums
from tests.ingest.client import Client, settle

from bench.bodies import templates
from bench.ingest import BATCH, CLIENTS, TEMPLATES, Stack, flood_until_queryable, running_stack
from bench.load import Connection, Load, flood, paced
from bench.report import Report, show, spread

WINDOW = 10
LEAST_SHARE = 0.6
SETTLE_LIMIT_S = 3_600
_SHRINK = "ALTER TABLE footfall.{} MODIFY SETTING non_replicated_deduplication_window = {}"
_TABLES = ("events", *ROLLUPS)


def measure(*, minutes: float, rate: float, full_s: float) -> tuple[Report, list[str]]:
    """The figures, and what is wrong."""
    numbers = itertools.count(secrets.randbits(20) << 11)
    bodies = templates(TEMPLATES, BATCH, ndjson=True)
    with running_stack() as stack:
        for table in _TABLES:
            stack.store.command(_SHRINK.format(table, WINDOW))
        warm, _ = flood_until_queryable(stack, bodies, min(5.0, full_s), numbers)
        full, full_until_s = flood_until_queryable(stack, bodies, full_s, numbers)
        connections = [Connection(stack.config) for _ in range(CLIENTS)]
        torn = flood(connections, bodies, 1.0, numbers)
        stack.engine.kill()
        away = paced(connections, bodies, minutes * 60, numbers, rate / BATCH)
        accepted = sum(load.accepted for load in (warm, full, torn, away))
        stack.engine = support.start("engine", stack.config)
        missing = accepted - _count(stack)
        backlog_s = _until(stack, accepted)
        settle(Client(stack.config), SETTLE_LIMIT_S)  # rollups of the last block come after its rows
        wrong = [f"{name}: {found}" for name, found in sums(stack.store).items() if found[0] != accepted]
        resident = _most_resident(stack)
        for connection in connections:
            connection.close()
    full_rate, backlog_rate = full.accepted / full_until_s, missing / backlog_s
    share = backlog_rate / full_rate
    if away.again or away.accepted != away.requests * BATCH:
        wrong.append(f"{away.again} of {away.requests} requests were not answered 202")
    if share < LEAST_SHARE:
        wrong.append(f"the backlog was written at {share:.2f} of the full rate")
    report = Report("The engine is away", ["what", "figure", "aim"], accepted, 1, f"{minutes:g} minutes")
    report.rows = _rows(away, resident, full_rate, missing, backlog_s, share, len(wrong))
    return report, wrong


def _count(stack: Stack) -> int:
    return int(stack.store.query("SELECT count() FROM footfall.events").result_rows[0][0])


def _most_resident(stack: Stack) -> float:
    """MiB of ingest's memory at its highest."""
    lines = Path(f"/proc/{stack.ingest.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def _until(stack: Stack, accepted: int) -> float:
    """Seconds until so many events can be queried."""
    began = time.perf_counter()
    while _count(stack) < accepted:
        if time.perf_counter() - began > SETTLE_LIMIT_S:
            raise RuntimeError("the backlog does not arrive")
        time.sleep(0.1)
    return time.perf_counter() - began


def _rows(
    away: Load, resident: float, full_rate: float, missing: int, backlog_s: float, share: float, wrong: int
) -> list[list[str | float]]:
    p50, _, p99 = spread(away.latencies)
    return [
        ["full rate until queryable, events/s", full_rate, ""],
        ["while the engine is away: requests of 1,000 events", float(away.requests), ""],
        ["of them not answered 202", float(away.requests - away.accepted // BATCH), "0"],
        ["events/s", away.accepted / away.seconds, ""],
        ["202 after, ms: p50", p50, ""],
        ["202 after, ms: p99", p99, ""],
        ["ingest's memory, MiB", resident, "below 476 (500 MB)"],
        ["backlog, events", float(missing), ""],
        ["backlog, events/s", missing / backlog_s, ""],
        ["backlog, of the full rate", share, f"at least {LEAST_SHARE}"],
        ["what is wrong in the end", float(wrong), "0"],
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=10_000.0, help="events a second")
    parser.add_argument("--full-seconds", type=float, default=20.0, help="how long the full rate is measured")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report, wrong = measure(minutes=options.minutes, rate=options.rate, full_s=options.full_seconds)
    show(report)
    if options.json:
        options.json.write_bytes(msgspec.json.encode(report))
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
