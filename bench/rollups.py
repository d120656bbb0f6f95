"""How much faster is a figure from its rollup than from the raw rows?

First the statements alone, over 90 days, in turn: the rollup, and `events` itself with exact counts, no
projections and no cache of conditions. Then every named query that reads a rollup, and its proof, likewise.
"""

from functools import partial
from statistics import median
from typing import Any

from clickhouse_connect.driver.client import Client

from bench.peers.house import House
from bench.peers.measure import a_user, days_of, error
from bench.peers.questions import QUESTIONS, Question
from bench.queries import OVER_LIMIT, within_limits
from bench.report import Report, in_turn
from bench.stack import shop
from footfall import store
from footfall.config import Config
from footfall.query import NamedQuery, catalogue
from footfall.query.parameters import bind

DAYS = 90
_FAIR = {"use_query_condition_cache": 0}
_RAW = _FAIR | {"optimize_use_projections": 0}
_SAME_OVER_90_DAYS = ("events and revenue by hour, 7 days",)


def measure(*, events: int, runs: int) -> list[Report]:
    """Milliseconds from rollup and raw rows, their ratio, and the largest error of a figure."""
    with shop(events) as config:
        with store.connect(config, "footfall") as client:
            statements = _statements(config, client, events, runs)
        return [statements, _named_queries(config, events, runs)]


def _statements(config: Config, client: Client, events: int, runs: int) -> Report:
    report = Report(
        f"Rollups against raw rows, {DAYS} days, medians in ms",
        ["question", "kind", "rollup", "raw rows", "times faster", "largest error, %"],
        events,
        runs,
        f"ClickHouse {client.server_version}",
    )
    rollups, raw = House(client, "rollups", "footfall"), House(client, "raw", "footfall", projections=False)
    values = days_of(config, client).back(DAYS) | {"user": a_user(client)}
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


def _named_queries(config: Config, events: int, runs: int) -> Report:
    """Each as `reader` asks it, within its limits."""
    with store.connect(config, "reader") as client:
        report = Report(
            "Named queries and their proofs on raw rows, medians in ms",
            ["query", "rollup", "raw rows", "times faster"],
            events,
            runs,
            f"ClickHouse {client.server_version}",
        )
        for query in catalogue(config).values():
            if query.proof is not None and query.proved_unasked:
                report.rows.append(_compare(client, query, query.proof, runs))
        return report


def _compare(client: Client, query: NamedQuery, proof: str, runs: int) -> list[str | float]:
    values = dict(bind(query, {}).values)
    asks = [partial(_ask, client, query.sql, values, _FAIR), partial(_ask, client, proof, values, _RAW)]
    within = [within_limits(ask) for ask in asks]
    if not all(within):
        return [query.name, *("" if fits else OVER_LIMIT for fits in within), ""]
    rollup, raw = map(median, in_turn(asks, runs, warm_ups=0))
    return [query.name, rollup, raw, raw / rollup]


def _ask(client: Client, sql: str, values: dict[str, Any], settings: dict[str, int]) -> None:
    client.raw_query(sql, values, settings=settings, fmt="Native")
