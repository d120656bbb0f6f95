"""ClickHouse as a peer: bare tables, the brief's design taken literally, and Footfall, all in one engine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from bench.stack import rest

BRIEF = Path(__file__).parent / "brief"
_SETTINGS = {"use_query_condition_cache": 0, "max_execution_time": 0}
_PLAIN = """
CREATE TABLE peers_plain.{table:Identifier} ENGINE = MergeTree PARTITION BY toYYYYMM({day})
ORDER BY ({key}) AS SELECT * FROM footfall.{table:Identifier}
"""
# Whole copies of the rows would fill the disk: what is merged goes at once, each month before the next comes.
_FORGET = "ALTER TABLE peers_brief.{table:Identifier} MODIFY SETTING old_parts_lifetime = 1"
_SIZE = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = {database:String}"
_KEYS = {
    "events": ("event_date", "event_type, event_date, user_id, event_timestamp"),
    "orders": ("order_date", "status, order_date, user_id, order_timestamp"),
}


class House:
    """One database of an engine as a peer."""

    def __init__(self, client: Client, name: str, database: str, *, projections: bool = True) -> None:
        self._client = client
        self._database = database
        self._settings = _SETTINGS | {"optimize_use_projections": int(projections)}
        self.name = name

    def ask(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of an answer."""
        found = self._client.query(sql, parameters=_used(sql, values), settings=self._settings)
        return [tuple(row) for row in found.result_rows]

    def run(self, sql: str, values: Mapping[str, Any]) -> bytes:
        """The answer as the engine writes it, which costs this process nothing."""
        return self._client.raw_query(sql, _used(sql, values), settings=self._settings, fmt="Native")

    def size(self) -> int:
        """Bytes on disk."""
        found = self._client.query(_SIZE, parameters={"database": self._database}).result_rows
        return int(found[0][0])


def _used(sql: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f"{{{name}:" in sql}


def plain(client: Client) -> House:
    """Bare tables in the order of Footfall's sort keys."""
    client.command("CREATE DATABASE peers_plain")
    for table, (day, key) in _KEYS.items():
        sql = _PLAIN.replace("{day}", day).replace("{key}", key)
        client.command(sql, parameters={"table": table}, settings=_SETTINGS)
    return House(client, "ClickHouse, bare tables", "peers_plain")


def brief(client: Client) -> House:
    """The brief's tables, projections, indices and views as it draws them, filled month by month."""
    client.command("CREATE DATABASE peers_brief")
    for file in sorted(BRIEF.glob("*.sql")):
        client.command(file.read_text())
    for table, (day, key) in _KEYS.items():
        client.command(_FORGET, parameters={"table": table})
        names = ", ".join(_columns(client, "peers_brief", table))
        insert = (
            f"INSERT INTO peers_brief.{table} SELECT {names} FROM footfall.{table}"
            f" WHERE toYYYYMM({day}) = {{month:UInt32}} ORDER BY {key}"
        )
        for (month,) in client.query(f"SELECT DISTINCT toYYYYMM({day}) FROM footfall.{table}").result_rows:
            client.command(insert, parameters={"month": month}, settings=_SETTINGS)
            rest(client)
    return House(client, "the brief, literally", "peers_brief")


def _columns(client: Client, database: str, table: str) -> list[str]:
    sql = (
        "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}"
        " ORDER BY position"
    )
    return [
        row[0] for row in client.query(sql, parameters={"database": database, "table": table}).result_rows
    ]
