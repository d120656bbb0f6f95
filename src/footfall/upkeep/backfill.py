"""`footfall backfill`: a rollup made anew from raw rows, month by month; and rollups that are new are filled.

A month takes its place in one swap, so a run that is killed leaves each month as it was or right, and the
next run begins anew. A rollup that a migration adds to a store with raw rows is noted in `rollup_fills`
before it is made; its view feeds it from then on, and each month is made anew over what came meanwhile.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.errors import UsageError
from footfall.schema import statements
from footfall.schema.rebuild import EPOCH, Rollup, months, reach, rollup
from footfall.upkeep.months import rebuild
from footfall.upkeep.turn import turn

_LAST: Final = date(2149, 6, 5)
_UNFILLED: Final = "SELECT rollup FROM footfall_private.rollup_fills FINAL WHERE NOT filled ORDER BY rollup"
_FILLED: Final = "INSERT INTO footfall_private.rollup_fills (rollup, filled) VALUES ({rollup:String}, true)"


def backfill(config: Config, name: str, first: date, last: date) -> Iterator[str]:
    """Makes the months of these days anew (`last` exclusive); a line of text each."""
    of = rollup(name)
    if first >= last:
        raise UsageError("--from must be before --to")
    with turn(config) as client:
        oldest = reach(client, of.base)
        if first < oldest:
            yield f"raw rows of {of.base} reach back to {oldest}: days of {name} before that stay as they are"
        yield from _rebuilt(config, client, of, first, last)


def fill(config: Config, folder: Path = statements.FOLDER) -> Iterator[str]:
    """Fills every rollup that a migration has added and nobody has filled yet; a line of text a month."""
    with turn(config) as client:
        for (name,) in client.query(_UNFILLED).result_rows:
            yield from _rebuilt(config, client, rollup(name, folder), EPOCH, _LAST)
            client.command(_FILLED, parameters={"rollup": name})


def _rebuilt(config: Config, client: Client, of: Rollup, first: date, last: date) -> Iterator[str]:
    for month in months(client, of, first, last):
        yield rebuild(config, client, of, month).line()
