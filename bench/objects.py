"""What does each skipping index and each projection save the statements it serves, and what does it cost?

With and without it: granules of the plan, and milliseconds, in turn. Indices are asked where no projection
answers. Its bytes stand in the store's own tables. What it costs an INSERT is told by copies of the table
that lack it, each fed with the same rows in turn, without merges; projections are made at once there.
"""

from collections.abc import Sequence
from functools import partial
from statistics import median

from clickhouse_connect.driver.client import Client

from bench.report import Report, in_turn
from bench.stack import shop
from footfall import store
from footfall.query.evidence import Evidence, evidence, sample
from footfall.query.insert_cost import ROWS, WHOLE, copies, insert
from footfall.query.weigh import bytes_a_row, weigh
from footfall.schema.usage import Kind

_GRANULES = """
SELECT table, sum(marks) - count() FROM system.parts WHERE active AND database = 'footfall' GROUP BY table
"""


def indices(*, events: int, runs: int) -> list[Report]:
    """Each skipping index."""
    return _measure("index", events, runs)


def projections(*, events: int, runs: int) -> list[Report]:
    """Each projection."""
    return _measure("projection", events, runs)


def _measure(kind: Kind, events: int, runs: int) -> list[Report]:
    with shop(events) as config, store.connect(config, "footfall") as client:
        asked = [each for each in evidence(sample(client)) if each.kind == kind]
        engine = f"ClickHouse {client.server_version}"
        saved = Report(
            f"What each {kind} saves",
            [kind, "the statement it serves", "granules with", "without", "skipped, %"],
            events,
            runs,
            engine,
        )
        saved.columns += ["not read of the table, %", "ms with", "without", "times faster", "bytes a row"]
        sizes = bytes_a_row(client)
        granules: dict[str, int] = dict(map(tuple, client.query(_GRANULES).result_rows))
        for each in asked:
            saved.rows.append(
                [*_saved(client, each, runs, granules[each.table]), sizes.get((each.table, each.name), 0.0)]
            )
        return [saved, _costs(client, asked, events, runs, engine)]


def _saved(client: Client, each: Evidence, runs: int, granules: int) -> list[str | float]:
    weight = weigh(client, each, runs)
    fast, slow = weight.ms
    name = f"{each.table}.{each.name}"
    not_read = 100 * (1 - weight.granules[0] / granules)
    return [name, each.asked.name, *weight.granules, weight.skipped_pct, not_read, fast, slow, slow / fast]


def _costs(client: Client, asked: Sequence[Evidence], events: int, runs: int, engine: str) -> Report:
    """Milliseconds of an INSERT that each object of `events` costs: the whole table's less a copy's."""
    names = dict.fromkeys(each.name for each in asked if each.table == "events")
    kind = asked[0].kind
    report = Report(
        f"What each {kind} of events costs an INSERT of {min(ROWS, events):,} rows, ms",
        [f"without {kind}", "ms", "less than with all, %"],
        events,
        runs,
        engine,
    )
    with copies(client, "events", kind, list(names)) as tables:
        taken = in_turn([partial(insert, client, table) for table in tables], runs)
    whole = median(taken[0])
    for table, times in zip(tables, taken, strict=True):
        name = "(none: with all)" if table == WHOLE else table
        report.rows.append([name, median(times), 100 * (1 - median(times) / whole)])
    return report
