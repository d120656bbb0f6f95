"""`footfall doctor --schema`: what is wrong with a schema, and what each index and projection is worth.

The worth is told by the shop's own rows: each object serves a statement of Footfall's, which is asked with
and without it. Of another database the faults alone are told, and what its logged queries never used.
"""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from footfall import store
from footfall.config import Config
from footfall.doctor import Finding
from footfall.errors import UsageError
from footfall.query.evidence import evidence, sample
from footfall.query.weigh import bytes_a_row, weigh
from footfall.schema.review import LOOK_BACK_DAYS, faults, unused

RUNS = 3
_WIDTH = 160
_EXISTS = "SELECT count() FROM system.databases WHERE name = {database:String}"


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
        idle = unused(client, database)
        looked = f"{idle.queries} kinds of query of the last {LOOK_BACK_DAYS} days"
        if idle.not_understood:
            looked += f" ({idle.not_understood} of them could not be explained)"
        for kind, table, name in idle.objects:
            yield Finding(database == store.DATABASE, f"{kind} {table}.{name} served none of {looked}")
        if not idle.objects:
            yield Finding(True, f"every index and projection served one of {looked}")


def print_worth(config: Config) -> None:
    """Prints each index and projection with the statement that it serves, on the shop's own rows, if any."""
    table = Table(title=f"What each index and projection is worth; medians of {RUNS} in ms")
    for heading in ("object", "serves", "granules", "without", "skipped, %", "ms", "without", "bytes a row"):
        table.add_column(heading, justify="left" if heading in {"object", "serves"} else "right")
    with store.connect(config, "footfall") as client:
        sizes = bytes_a_row(client)
        if not sizes:
            return
        for each in evidence(sample(client)):
            weight = weigh(client, each, RUNS)
            granules, times = [f"{n:,}" for n in weight.granules], [f"{ms:,.1f}" for ms in weight.ms]
            size = sizes.get((each.table, each.name), 0.0)
            name = f"{each.table}.{each.name}"
            skipped = f"{weight.skipped_pct:.1f}"
            table.add_row(name, each.asked.name, *granules, skipped, *times, f"{size:.3f}")
    console = Console()
    (console if console.is_terminal else Console(width=_WIDTH)).print(table)
