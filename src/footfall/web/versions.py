"""What the rows of the store are called at the moment: a version by table, read in a few milliseconds.

A table's version is made of the names and checksums of its active parts. Rows come, go and change with parts
alone (inserts, merges, mutations, TTL, swapped partitions), and a name with its checksum means the same rows
for ever, so who reads the same version twice knows that the table held the same rows all the time between.
The version named `EVERYTHING` is made of the tables' and views' definitions and the quarter of an hour by the
store's clock: it changes with a migration, and before a statement's `toStartOfHour(now())` or its day in any
time zone does.

There is no version where another server may hold the rows as well, or writes them: of replicated, shared and
distributed tables this store's parts say nothing about what the next question is answered from.
"""

from collections.abc import Mapping
from typing import Final

from footfall.query.exchange import execute
from footfall.web.reading import Reading
from footfall.web.shared import Shared

EVERYTHING: Final = ""
_VERSIONS: Final = """
SELECT table, toString(sum(cityHash64(name, hash_of_all_files))) AS version, true AS alone
FROM system.parts
WHERE database = 'footfall' AND active
GROUP BY table
UNION ALL
SELECT
    '',
    toString(sum(cityHash64(
        name, uuid, engine, metadata_modification_time, toStartOfFifteenMinutes(now('UTC'))))),
    min(match(engine, '^((Aggregating|Replacing|Summing)?MergeTree|View|MaterializedView)$'))
FROM system.tables
WHERE database = 'footfall'"""

Versions = Mapping[str, str]


class Reader:
    """Reads versions; those who ask at the same time share a look that begins after they have asked."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._shared: Shared[Versions | None] = Shared()

    async def read(self) -> Versions | None:
        """Versions by table, none of a table without rows; None where the store is not the only one."""
        return await self._shared.ask(None, self._look)

    async def _look(self) -> Versions | None:
        result, _ = await execute(await self._reading.client(), _VERSIONS, {})
        versions = {table: version for table, version, _ in result.result_rows}
        return versions if all(alone for _, _, alone in result.result_rows) else None
