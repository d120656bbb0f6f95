"""What an index or a projection is worth to the statement it serves: granules and time with and without it,
and the bytes that it takes.

Indices are asked where no projection answers, so that each is judged alone; the store's cache of conditions
is off throughout.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from clickhouse_connect.driver.client import Client

from footfall.query.evidence import Evidence
from footfall.schema.plan import explain
from footfall.schema.usage import UNLOGGED

_FAIR: dict[str, int | str] = {"use_query_condition_cache": 0, "max_execution_time": 0, **UNLOGGED}
_NO_PROJECTIONS: dict[str, int | str] = {"optimize_use_projections": 0}
_SIZES = """
SELECT table, name, data_compressed_bytes + marks_bytes FROM system.data_skipping_indices
WHERE database = 'footfall'
UNION ALL
SELECT table, name, sum(bytes_on_disk) FROM system.projection_parts
WHERE active AND database = 'footfall' GROUP BY table, name
"""
_ROWS = "SELECT table, sum(rows) FROM system.parts WHERE active AND database = 'footfall' GROUP BY table"


@dataclass(frozen=True, slots=True)
class Weight:
    """Granules that are read, and medians in ms, with the object and without it."""

    granules: tuple[int, int]
    ms: tuple[float, float]

    @property
    def skipped_pct(self) -> float:
        """Share of the granules that are not read because of the object."""
        with_it, without = self.granules
        return 100 * (1 - with_it / without) if without else 0.0


def weigh(client: Client, each: Evidence, runs: int) -> Weight:
    """Asks the statement in both ways in turn, `runs` times after a warm-up."""
    ways = _ways(each)
    times: tuple[list[float], list[float]] = ([], [])
    for run in range(-1, runs):
        for way, taken in zip(ways, times, strict=True):
            began = time.perf_counter()
            client.raw_query(each.asked.sql, parameters=each.asked.values, settings=way, fmt="Native")
            if run >= 0:
                taken.append((time.perf_counter() - began) * 1000)
    return Weight(granules(client, each), (median(times[0]), median(times[1])))


def granules(
    client: Client, each: Evidence, settings: Mapping[str, int | str] | None = None
) -> tuple[int, int]:
    """Granules that the plan of the statement reads with the object and without it; nothing is run."""
    with_it, without = (_granules(client, each, {**way, **(settings or {})}) for way in _ways(each))
    return with_it, without


def bytes_a_row(client: Client) -> dict[tuple[str, str], float]:
    """Bytes of each index and projection by table and name, by row of the table."""
    rows = dict(map(tuple, client.query(_ROWS).result_rows))
    sizes = client.query(_SIZES).result_rows
    return {(table, name): size / rows[table] for table, name, size in sizes if rows.get(table)}


def _ways(each: Evidence) -> tuple[dict[str, int | str], dict[str, int | str]]:
    """Settings with the object and without it."""
    if each.kind == "projection":
        return _FAIR, _FAIR | _NO_PROJECTIONS
    bare = _FAIR | _NO_PROJECTIONS
    return bare, bare | {"ignore_data_skipping_indices": each.name}


def _granules(client: Client, each: Evidence, settings: Mapping[str, int | str]) -> int:
    """Granules of the reads of the object's table, or of the projection that stands in for it."""
    plan = explain(client, each.asked.sql, each.asked.values, **settings)
    return sum(read.granules for read in plan if read.source in {f"{each.database}.{each.table}", each.name})
