"""Loads every peer with the shop's rows, asks each question of all in turn, and compares the answers."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, Protocol

import duckdb
from clickhouse_connect.driver.client import Client

from bench.peers.duck import Duck
from bench.peers.house import House, brief, plain
from bench.peers.questions import QUESTIONS, Question
from bench.report import Report, in_turn
from bench.stack import rest, shop
from footfall import store
from footfall.config import Config

_EXPORT = "SELECT * FROM footfall.{table:Identifier} FORMAT Parquet"
_DAYS = """
SELECT minIf(event_date, event_date > today() - {ttl_days:UInt32}), max(event_date) FROM footfall.events
"""
_A_USER = """
SELECT user_id FROM footfall.events WHERE user_id != 0 GROUP BY user_id
ORDER BY abs(count() - 60), user_id LIMIT 1
"""


class Peer(Protocol):
    """Whoever can be asked."""

    name: str

    def ask(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]: ...

    def size(self) -> int: ...


def measure(*, events: int, runs: int) -> list[Report]:
    """Milliseconds, deviations from DuckDB's exact answers, and bytes."""
    with shop(events) as config, store.connect(config, "footfall") as client, _duck(client) as duck:
        try:
            peers: list[Peer] = [duck, plain(client), brief(client), House(client, "Footfall", "footfall")]
            rest(client)
            client.command("SYSTEM STOP MERGES")  # what was loaded last would go on
            engine = f"ClickHouse {client.server_version}, DuckDB {duckdb.__version__}"
            return _ask(peers, days_of(config, client), a_user(client), events, runs, engine)
        finally:
            for database in ("peers_plain", "peers_brief"):
                client.command(f"DROP DATABASE IF EXISTS {database} SYNC")


class Days(NamedTuple):
    """Days of the raw rows: the oldest that has not expired, and the newest, which is not over."""

    oldest: date
    newest: date

    def back(self, days: int) -> dict[str, date]:
        """The last whole days, so many or as many as there are raw rows of: rollups know older ones."""
        first = max(self.newest - timedelta(days=days), self.oldest)
        return {"from": first, "to": self.newest}


def days_of(config: Config, client: Client) -> Days:
    """Asks the store."""
    ttl = {"ttl_days": config.events_ttl_days}
    return Days(*client.query(_DAYS, parameters=ttl).result_rows[0])


def a_user(client: Client) -> int:
    """A user with about 60 events."""
    return int(client.query(_A_USER).result_rows[0][0])


def _ask(peers: Sequence[Peer], held: Days, user: int, events: int, runs: int, engine: str) -> list[Report]:
    names = [peer.name for peer in peers]
    times = Report("Peers: ms, medians", ["question", *names], events, runs, engine)
    wrong = Report("Peers: largest error of a figure, %", ["question", *names[1:]], events, runs, engine)
    for question in QUESTIONS:
        values = held.back(question.days) | {"user": user}
        asks = [partial(peer.ask, sql, values) for peer, sql in zip(peers, _texts(question), strict=True)]
        exact, *others = [ask() for ask in asks]
        wrong.rows.append([question.name, *(100 * error(exact, other) for other in others)])
        taken = in_turn(asks, runs)
        times.rows.append([question.name, *(median(each) for each in taken)])
    sizes = Report("Peers: MiB on disk", ["what", *names], events, runs, engine)
    sizes.rows.append(["events and orders, with all that belongs to them", *(_mib(peer) for peer in peers)])
    return [times, wrong, sizes]


def error(exact: Sequence[Sequence[Any]], other: Sequence[Sequence[Any]]) -> float:
    """The largest relative error of a figure; infinite where rows are missing or too many.

    Rows are compared by their place; where there is one row, by each of its figures.
    """
    if len(exact) != len(other):
        return float("inf")
    largest = 0.0
    for should, told in zip(exact, other, strict=True):
        pairs = list(zip(should, told, strict=True))
        for right, figure in pairs if len(exact) == 1 else pairs[-1:]:
            if isinstance(right, date):
                continue
            gap = abs(float(figure) - float(right))
            largest = max(largest, gap / abs(float(right)) if right else gap)
    return largest


def _texts(question: Question) -> tuple[str, str, str, str]:
    return question.duckdb, question.plain, question.brief, question.footfall


def _mib(peer: Peer) -> float:
    return peer.size() / (1 << 20)


@contextlib.contextmanager
def _duck(client: Client) -> Iterator[Duck]:
    """DuckDB with the shop's rows, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="footfall-peers-") as folder:
        duck = Duck(Path(folder))
        for table in ("events", "orders"):
            file = Path(folder) / f"{table}.parquet"
            with file.open("wb") as parquet, client.raw_stream(_EXPORT, parameters={"table": table}) as rows:
                for piece in iter(lambda: rows.read(1 << 20), b""):
                    parquet.write(piece)
            duck.load(table, file)
            file.unlink()
        try:
            yield duck
        finally:
            duck.close()
