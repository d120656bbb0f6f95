"""`footfall doctor --schema`: what is wrong with a schema, and what each index and projection is worth.

The worth is told twice. By the query log, of any database: which kinds of query an object served, and
granules of the costliest of them with it and without. By Footfall's statements and the shop's own named
queries, of Footfall's schema alone: each is asked with and without the object it stands for, on the shop's
rows. All this only reads. What an object costs an INSERT is told on wish, by copies in another database.
"""

from collections.abc import Iterator, Sequence

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from rich.console import Console
from rich.table import Table

from footfall import store
from footfall.config import Config
from footfall.doctor import Finding
from footfall.errors import UsageError
from footfall.query.evidence import Asked, Evidence, evidence, sample
from footfall.query.insert_cost import ROWS, WHOLE, insert_cpu_ms
from footfall.query.own import own
from footfall.query.weigh import bytes_a_row, granules, weigh
from footfall.schema.review import faults
from footfall.schema.usage import LOOK_BACK_DAYS, QUERIES_LOOKED_AT, Kind, Object, Use, objects, usage

RUNS = 3
INSERT_RUNS = 5
_WIDTH = 180
_TEXT = 60
"""Characters that are shown of a logged query."""
_EXISTS = "SELECT count() FROM system.databases WHERE name = {database:String}"
_USED = ("object", "kinds of query", "times", "the costliest", "ms", "granules", "without")
_WORTH = ("object", "serves", "granules", "without", "skipped, %", "ms", "without", "bytes a row")
_INSERTS = ("object", "ms", "% of all")
_TEXTS = frozenset(("object", "serves", "the costliest"))


def findings(config: Config, database: str) -> Iterator[Finding]:
    """A finding for each fault; then, of the objects, those that nothing used (in Footfall's schema they may
    rest: another shop needs them). Raises `UsageError` where there is no such database.
    """
    with store.connect(config, "footfall") as client:
        if not client.query(_EXISTS, parameters={"database": database}).result_rows[0][0]:
            raise UsageError(f"there is no database {database}")
        found = list(faults(client, database))
        for fault in found:
            yield Finding(False, fault)
        if not found:
            yield Finding(True, f"{database}: figures add up, blocks count once, parts and TTLs behave")
        seen = usage(client, database)
        if not seen.queries:
            days = f"the last {LOOK_BACK_DAYS} days"
            yield Finding(True, f"the query log has no query of {days}: what nothing uses cannot be told")
            return
        looked = f"{seen.queries} kinds of query of the last {LOOK_BACK_DAYS} days"
        if seen.queries == QUERIES_LOOKED_AT:
            looked = f"the {QUERIES_LOOKED_AT} costliest kinds of query of the last {LOOK_BACK_DAYS} days"
        if seen.not_understood:
            looked += f" ({seen.not_understood} of them could not be explained)"
        for kind, table, name in seen.unused:
            yield Finding(database == store.DATABASE, f"{kind} {table}.{name} served none of {looked}")
        if not seen.unused:
            yield Finding(True, f"every index and projection served one of {looked}")


def print_use(config: Config, database: str) -> None:
    """Prints each index and projection that logged queries used, with the costliest of those queries."""
    shown = _table(f"What the queries of the last {LOOK_BACK_DAYS} days were served by", _USED)
    with store.connect(config, "footfall") as client:
        for each, use in usage(client, database).objects.items():
            if use.kinds:
                shown.add_row(*_used(client, database, each, use))
    if shown.row_count:
        _print(shown)


def print_worth(config: Config) -> None:
    """Prints each index and projection of Footfall's with what it serves, where its table has rows."""
    shown = _table(f"What each index and projection is worth; medians of {RUNS} in ms", _WORTH)
    with store.connect(config, "footfall") as client:
        sizes = bytes_a_row(client)
        filled = {table for table, _ in sizes}
        if not filled:
            return
        samples = sample(client)
        own_queries = list(own(client, config, samples))
        worth = [*evidence(samples), *(each for each in own_queries if isinstance(each, Evidence))]
        for each in (each for each in worth if each.table in filled):
            weight = weigh(client, each, RUNS)
            shown.add_row(
                f"{each.table}.{each.name}",
                each.asked.name,
                *(f"{count:,}" for count in weight.granules),
                f"{weight.skipped_pct:.1f}",
                *(f"{ms:,.1f}" for ms in weight.ms),
                f"{sizes.get((each.table, each.name), 0.0):.3f}",
            )
    _print(shown, *(each for each in own_queries if isinstance(each, str)))


def print_inserts(config: Config) -> None:
    """Prints what each index and projection costs an INSERT, told by copies of the tables that hold rows."""
    shown = _table(f"What each object costs an INSERT of {ROWS:,} rows: ms of processor time", _INSERTS)
    with store.connect(config, "footfall") as client:
        filled = {table for table, _ in bytes_a_row(client)}
        names: dict[tuple[str, Kind], list[str]] = {}
        for kind, table, name in objects(client, store.DATABASE):
            if table in filled:
                names.setdefault((table, kind), []).append(name)
        for (table, kind), of_kind in names.items():
            taken = insert_cpu_ms(client, table, kind, of_kind, INSERT_RUNS)
            for name in of_kind:
                cost = taken[WHOLE] - taken[name]
                shown.add_row(f"{table}.{name}", f"{cost:+,.1f}", f"{100 * cost / taken[WHOLE]:+.1f}")
    _print(shown)


def _used(client: Client, database: str, each: Object, use: Use) -> tuple[str, ...]:
    text = " ".join(use.costliest.split())
    asked = Evidence(each.kind, each.table, each.name, Asked(text, use.costliest, {}), database=database)
    try:
        read = [f"{count:,}" for count in granules(client, asked, {"database": use.database})]
    except DatabaseError:
        read = ["?", "?"]
    short = text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"
    return (
        f"{each.table}.{each.name}",
        f"{use.kinds:,}",
        f"{use.times:,}",
        short,
        f"{use.mean_ms:,.0f}",
        *read,
    )


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in _TEXTS else "right")
    return table


def _print(*shown: Table | str) -> None:
    console = Console()
    for each in shown:
        (console if console.is_terminal else Console(width=_WIDTH)).print(each, markup=False)
