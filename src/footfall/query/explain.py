"""The plan of a named query: which projection and indices it uses, and how much of a table it reads.

A plan comes from the store's own `EXPLAIN indexes=1, projections=1` with the parameters bound, so it is the
plan of that very question. A light projection filters while it runs: the plan may then show more granules
than are read, so look at the rows read in an answer's `meta` too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.query.catalogue import NamedQuery
from footfall.query.choose import choose
from footfall.query.exchange import execute

_READ = re.compile(r"ReadFrom\w+ \((?P<source>[^)]+)\)")
_GRANULES = re.compile(r"Granules: (?P<read>\d+)(?:/(?P<total>\d+))?")


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a plan: the table or projection, and the granules read of those there are."""

    source: str
    granules: int
    granules_total: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The store's plan as text, and the reads found in it."""

    query: str
    lines: tuple[str, ...]
    reads: tuple[Read, ...]


async def explain(client: AsyncClient, query: NamedQuery, params: Mapping[str, str]) -> Plan:
    """The plan of `query` with `params`."""
    choice = await choose(client, query, params)
    statement = "EXPLAIN indexes=1, projections=1\n" + choice.sql
    result, _ = await execute(client, statement, choice.bound.values)
    lines = tuple(str(row[0]) for row in result.result_rows)
    return Plan(query.name, lines, _reads(lines))


def _reads(lines: tuple[str, ...]) -> tuple[Read, ...]:
    """Granules of each read: the fewest that an index left, of the most there were."""
    reads: list[Read] = []
    for line in lines:
        if source := _READ.search(line):
            reads.append(Read(source["source"], 0, 0))
        elif reads and (count := _GRANULES.search(line)):
            last, read = reads[-1], int(count["read"])
            total = int(count["total"] or read)
            fewest = read if last.granules_total == 0 else min(last.granules, read)
            reads[-1] = Read(last.source, fewest, max(last.granules_total, total))
    return tuple(reads)
