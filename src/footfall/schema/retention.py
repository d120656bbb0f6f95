"""How long raw rows and rollups are kept: the tables' TTLs, as the settings say.

A TTL is changed only where it differs from its setting; the engine then removes old rows in the background.
Rollups must outlive the raw rows that they sum up, or a figure would lose its rollup before its proof.
"""

import re
from collections.abc import Iterator
from typing import Any, Protocol

from footfall.config import Config
from footfall.errors import UsageError

MAX_DAYS = 36_500
"""A century. A Date ends in 2149: a TTL that reached beyond it would wrap round and delete everything."""

_DAYS = re.compile(r" TTL \w+ \+ toIntervalDay\((?:_CAST\()?(\d+)")
_CURRENT = """
SELECT name, engine_full FROM system.tables WHERE database = 'footfall' AND engine LIKE '%MergeTree'
"""


class Store(Protocol):
    """What the schema needs of a client of the store; clickhouse-connect's `Client` has it."""

    def command(self, cmd: str, parameters: dict[str, Any] | None = None) -> Any: ...

    def query(self, query: str, parameters: dict[str, Any] | None = None) -> Any: ...


def tables(config: Config) -> dict[str, tuple[str, int]]:
    """Of each table with a setting for it: the column it is cut by, and the days it keeps (0: for ever)."""
    return {
        "events": ("event_date", config.events_ttl_days),
        "orders": ("order_date", config.orders_ttl_days),
        "mv_hourly_events": ("event_date", config.rollups_ttl_days),
        "mv_daily_events": ("event_date", config.rollups_ttl_days),
        "mv_user_funnel": ("event_date", config.rollups_ttl_days),
        "mv_country_stats": ("event_date", config.rollups_ttl_days),
        "daily_user_activity": ("activity_date", config.rollups_ttl_days),
        "mv_product_revenue": ("order_date", config.rollups_ttl_days),
    }


def check(config: Config) -> None:
    """Raises `UsageError` where the settings contradict each other."""
    rollups = config.rollups_ttl_days
    for name in ("events_ttl_days", "orders_ttl_days", "rollups_ttl_days"):
        days = getattr(config, name)
        if days > MAX_DAYS:
            raise UsageError(
                f"FOOTFALL_{name.upper()} is {days}; the most it takes is {MAX_DAYS}, and 0 keeps for ever"
            )
        if rollups and (days == 0 or days > rollups):
            kept = f"{days} days" if days else "for ever"
            raise UsageError(
                f"FOOTFALL_ROLLUPS_TTL_DAYS is {rollups}, but FOOTFALL_{name.upper()} keeps raw rows "
                f"{kept}: rollups must be kept at least as long as the raw rows they sum up "
                "(0 keeps them for ever)"
            )


def kept_days(store: Store) -> dict[str, int]:
    """Of each table: the days that it keeps at the moment; 0 where it keeps them for ever."""
    rows = store.query(_CURRENT).result_rows
    return {name: int(match[1]) if (match := _DAYS.search(engine)) else 0 for name, engine in rows}


def differences(store: Store, config: Config) -> dict[str, tuple[int, int]]:
    """Of each table whose TTL is not what its setting says: the days that it keeps, and those it should."""
    current = kept_days(store)
    return {
        table: (current[table], days)
        for table, (_, days) in tables(config).items()
        if table in current and current[table] != days
    }


def apply(store: Store, config: Config) -> Iterator[str]:
    """Changes the TTLs that differ; yields one line a change."""
    for table, (_, days) in differences(store, config).items():
        if days:
            column, _ = tables(config)[table]
            store.command(
                "ALTER TABLE footfall.{table:Identifier} "
                "MODIFY TTL {column:Identifier} + toIntervalDay({days:UInt32})",
                parameters={"table": table, "column": column, "days": days},
            )
        else:
            store.command("ALTER TABLE footfall.{table:Identifier} REMOVE TTL", parameters={"table": table})
        yield f"footfall.{table} keeps its rows {f'{days} days' if days else 'for ever'}"
