"""How much faster is a figure from its rollup than from the raw rows?

First the statements alone, over 90 days, in turn: the rollup, and `events` itself with exact counts, no
projections and no cache of conditions. Then every named query that reads a rollup, and its proof.
"""

import asyncio
from datetime import timedelta
from functools import partial
from statistics import median
from typing import Any

from clickhouse_connect.driver.client import Client

from bench.peers.house import House
from bench.peers.measure import a_user, error, last_day
from bench.peers.questions import QUESTIONS, Question
from bench.report import Report, in_turn
from bench.stack import shop
from footfall import store
from footfall.config import Config
from footfall.errors import FootfallError
from footfall.query import NamedQuery, catalogue
from footfall.query.parameters import bind
from footfall.query.run import run_bound

DAYS = 90
OVER_LIMIT = "over a reader's limits"
_SAME_OVER_90_DAYS = ("events and revenue by hour, 7 days",)


def measure(*, events: int, runs: int) -> list[Report]:
    """Milliseconds from rollup and raw rows, their ratio, and the largest error of a figure."""
    with shop(events) as config:
        with store.connect(config, "footfall") as client:
            statements = _statements(client, events, runs)
        return [statements, asyncio.run(_named_queries(config, events, runs))]


def _statements(client: Client, events: int, runs: int) -> Report:
    report = Report(
        f"Rollups against raw rows, {DAYS} days, medians in ms",
        ["question", "kind", "rollup", "raw rows", "times faster", "largest error, %"],
        events,
        runs,
        f"ClickHouse {client.server_version}",
    )
    rollups, raw = House(client, "rollups", "footfall"), House(client, "raw", "footfall", projections=False)
    last = last_day(client)
    values = {"from": last - timedelta(days=DAYS), "to": last, "user": a_user(client)}
    for question in QUESTIONS:
        if question.kind and question.name not in _SAME_OVER_90_DAYS:
            asked = ((rollups, question.footfall), (raw, _on_raw_rows(question)))
            told, exact = (house.ask(sql, values) for house, sql in asked)
            fast, slow = map(median, in_turn([partial(house.run, sql, values) for house, sql in asked], runs))
            name = question.name.rpartition(", ")[0]
            report.rows.append([name, question.kind, fast, slow, slow / fast, 100 * error(exact, told)])
    return report


def _on_raw_rows(question: Question) -> str:
    return question.plain.replace("peers_plain.", "footfall.")


async def _named_queries(config: Config, events: int, runs: int) -> Report:
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
            if query.proof is not None and query.proved_unasked:
                report.rows.append(await _compare(client, query, query.proof, runs))
        return report
    finally:
        await client.close()


async def _compare(client: Any, query: NamedQuery, proof: str, runs: int) -> list[str | float]:
    bound = bind(query, {})
    taken: list[list[float]] = [[], []]
    for run in range(-1, runs):
        for sql, times in zip((query.sql, proof), taken, strict=True):
            try:
                answer = await run_bound(client, query, sql, bound, None)
            except FootfallError:
                continue  # a reader's limit
            if run >= 0:
                times.append(answer.meta["elapsed_ms"])
    rollup, raw = (median(times) if times else None for times in taken)
    if rollup is None or raw is None:
        return [query.name, rollup or OVER_LIMIT, raw or OVER_LIMIT, ""]
    return [query.name, rollup, raw, raw / rollup]
