"""Would `events` be smaller or faster in another order, or with granules of another size?

The same rows in copies of the table, columns and codecs alone: no indices, no projections, so that what is
compared is the order and the granules. Questions are those that are asked of raw rows, and the same on all.
"""

from collections.abc import Mapping
from functools import partial
from statistics import median
from typing import Final, NamedTuple

from clickhouse_connect.driver.client import Client

from bench.peers.measure import a_user, days_of
from bench.peers.questions import QUESTIONS
from bench.report import Report, in_turn
from bench.stack import rest, shop
from footfall import store
from footfall.config import Config
from footfall.query.evidence import sample

_DATABASE: Final = "footfall_layouts"
_FAIR: Final = {"use_query_condition_cache": 0, "max_execution_time": 0}


class Layout(NamedTuple):
    """An order of rows and the rows of a granule."""

    name: str
    key: str
    granularity: int = 8192


_OURS: Final = "event_type, event_date, user_id, event_timestamp"
LAYOUTS: Final = (
    Layout("ours: type, day, user", _OURS),
    Layout("granules of 1,024", _OURS, 1024),
    Layout("granules of 32,768", _OURS, 32_768),
    Layout("day, type, user", "event_date, event_type, user_id, event_timestamp"),
    Layout("user, time", "user_id, event_timestamp"),
    Layout("time", "event_timestamp, event_type, user_id"),
)
_OF_ONES_OWN: Final = {
    "the newest 100": "SELECT * FROM peers_plain.events ORDER BY event_timestamp DESC LIMIT 100",
    "a session": "SELECT * FROM peers_plain.events WHERE session_id = {session:String}",
}
_COLUMNS = """
SELECT name, type, compression_codec FROM system.columns
WHERE database = 'footfall' AND table = 'events' ORDER BY position
"""
_BYTES = """
SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts
WHERE active AND database = {database:String} AND table = {table:String}
"""


def measure(*, events: int, runs: int) -> list[Report]:
    """Bytes a row, and each question's milliseconds and rows read, by layout."""
    with shop(events) as config, store.connect(config, "footfall") as client:
        client.command(f"CREATE DATABASE IF NOT EXISTS {_DATABASE}")
        try:
            for number, layout in enumerate(LAYOUTS):
                _fill(client, number, layout)
            rest(client)
            return _compare(config, client, events, runs)
        finally:
            client.command(f"DROP DATABASE {_DATABASE} SYNC")


def _fill(client: Client, number: int, layout: Layout) -> None:
    columns = client.query(_COLUMNS).result_rows
    client.command(
        f"CREATE TABLE {_table(number)} ({', '.join(' '.join(column) for column in columns)})"
        f" ENGINE = MergeTree PARTITION BY toYYYYMM(event_date) ORDER BY ({layout.key})"
        f" SETTINGS index_granularity = {layout.granularity}, index_granularity_bytes = 0"
    )
    names = ", ".join(name for name, *_ in columns)
    client.command(f"INSERT INTO {_table(number)} SELECT {names} FROM footfall.events", settings=_FAIR)
    client.command(f"OPTIMIZE TABLE {_table(number)} FINAL")


def _compare(config: Config, client: Client, events: int, runs: int) -> list[Report]:
    names = [layout.name for layout in LAYOUTS]
    engine = f"ClickHouse {client.server_version}"
    times = Report("Layouts of events: ms, medians", ["question", *names], events, runs, engine)
    read = Report("Layouts of events: rows read", ["question", *names], events, runs, engine)
    tables = [{"database": _DATABASE, "table": f"events_{number}"} for number in range(len(LAYOUTS))]
    sizes = [float(client.query(_BYTES, parameters=table).result_rows[0][0]) for table in tables]
    read.rows.append(["bytes a row, all columns", *sizes])
    held, user, session = days_of(config, client), a_user(client), sample(client).session_id
    for name, (sql, days) in _questions().items():
        values = held.back(days) | {"user": user, "session": session}
        asks = [partial(_ask, client, _on(sql, number), values) for number in range(len(LAYOUTS))]
        read.rows.append([name, *(ask() for ask in asks)])
        times.rows.append([name, *map(median, in_turn(asks, runs, warm_ups=1))])
    return [times, read]


def _questions() -> Mapping[str, tuple[str, int]]:
    """Those that `events` alone answers, and the days that they ask for."""
    asked = {each.name: (each.plain, each.days) for each in QUESTIONS}
    of_events = {name: one for name, one in asked.items() if "peers_plain.orders" not in one[0]}
    return of_events | {name: (sql, 0) for name, sql in _OF_ONES_OWN.items()}


def _on(sql: str, number: int) -> str:
    return sql.replace("peers_plain.events", _table(number))


def _table(number: int) -> str:
    return f"{_DATABASE}.events_{number}"


def _ask(client: Client, sql: str, values: Mapping[str, object]) -> int:
    """The number of rows that the store read."""
    used = {name: value for name, value in values.items() if f"{{{name}:" in sql}
    return int(client.query(sql, parameters=used, settings=_FAIR).summary["read_rows"])
