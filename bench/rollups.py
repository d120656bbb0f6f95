"""How much faster is a figure from its rollup than from the raw rows?

Every named query that reads a rollup, and its proof on the raw rows, over the last 30 days, in turn.
"""

import asyncio
from statistics import median
from typing import Any

from bench.report import Report
from bench.stack import shop
from footfall import store
from footfall.config import Config
from footfall.query import NamedQuery, catalogue
from footfall.query.parameters import bind
from footfall.query.run import run_bound


def measure(*, events: int, runs: int) -> Report:
    """Milliseconds of each named query and of its proof, and their ratio."""
    with shop(events) as config:
        return asyncio.run(_measure(config, events, runs))


async def _measure(config: Config, events: int, runs: int) -> Report:
    client = await store.connect_async(config, "reader")
    try:
        report = Report(
            "Named queries and their proofs on raw rows, medians in ms",
            ["query", "rollup", "raw rows", "times faster"],
            events,
            runs,
            f"ClickHouse {client.server_version}",
        )
        for query in catalogue(config).values():
            if query.proof is not None:
                report.rows.append(await _compare(client, query, query.proof, runs))
        return report
    finally:
        await client.close()


async def _compare(client: Any, query: NamedQuery, proof: str, runs: int) -> list[str | float]:
    bound = bind(query, {})
    taken: list[list[float]] = [[], []]
    for run in range(-1, runs):
        for sql, times in zip((query.sql, proof), taken, strict=True):
            answer = await run_bound(client, query, sql, bound, None)
            if run >= 0:
                times.append(answer.meta["elapsed_ms"])
    rollup, raw = median(taken[0]), median(taken[1])
    return [query.name, rollup, raw, raw / rollup]
