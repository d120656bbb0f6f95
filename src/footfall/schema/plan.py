"""The store's plan of a statement, from `EXPLAIN json = 1`: what is read, and what each index leaves of it.

Indices are asked in the plan's order: partitions and the sort key first, then each skipping index, which sees
only the granules that those before it left. A source that is no table of the statement is a projection.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from clickhouse_connect.driver.client import Client

EXPLAIN: Final = "EXPLAIN json = 1, indexes = 1, projections = 1\n"


@dataclass(frozen=True, slots=True)
class IndexUse:
    """One index that was asked (`Min-Max`, `Partition`, `PrimaryKey`, `Skip`): granules before and after."""

    kind: str
    name: str
    came: int
    left: int


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a table (`database.table`) or of a projection (its name)."""

    source: str
    indices: tuple[IndexUse, ...]

    @property
    def granules(self) -> int:
        """Granules that are read; 0 where the plan does not say."""
        return self.indices[-1].left if self.indices else 0

    @property
    def granules_of_key(self) -> int:
        """Granules that partitions and sort key leave, before any skipping index."""
        return next((use.left for use in reversed(self.indices) if use.kind != "Skip"), 0)

    @property
    def granules_total(self) -> int:
        """Granules that there are."""
        return self.indices[0].came if self.indices else 0


def explain(
    client: Client, sql: str, values: Mapping[str, Any] | None = None, **settings: int | str
) -> tuple[Read, ...]:
    """The reads of a statement with its parameters bound; raises what the store says of a wrong one."""
    answer = client.query(EXPLAIN + sql, parameters=dict(values or {}), settings=settings)
    return reads("\n".join(str(line) for (line,) in answer.result_rows))


def skipping(plan: tuple[Read, ...]) -> set[tuple[str, str]]:
    """Skipping indices that leave granules out, each as its source and its name."""
    return {
        (read.source, use.name)
        for read in plan
        for use in read.indices
        if use.kind == "Skip" and use.left < use.came
    }


def reads(plan: str) -> tuple[Read, ...]:
    """The reads of a plan in JSON."""
    return tuple(
        Read(
            node.get("Description", ""),
            tuple(
                IndexUse(
                    index["Type"],
                    index.get("Name", ""),
                    index["Initial Granules"],
                    index["Selected Granules"],
                )
                for index in node.get("Indexes", ())
            ),
        )
        for statement in json.loads(plan)
        for node in _nodes(statement["Plan"])
        if node["Node Type"].startswith("ReadFrom")
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)
