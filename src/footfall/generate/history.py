"""`footfall generate`: writes a plan's history to the store, block by block, straight into the tables.

An interrupted run, run again with the same plan, adds what is missing and doubles nothing: every block has
a fixed number, fixed rows and a fixed token. Blocks whose rows are all there are not sent again, but for
the last `RESENT`, which may have been cut off between the tables and their rollups. At the end each block
is counted in the store: an engine that was killed at the wrong moment can believe that it has rows which it
lost, and then the history is refused rather than left short.

The store's products carry the command that made them; a store that holds something else is refused.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_in
from pathlib import Path
from typing import Final

import numpy as np
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from footfall import store
from footfall.config import Config
from footfall.errors import OurFault, StoreUnavailable, UsageError
from footfall.generate import record
from footfall.generate.blocks import Block, Blocks, Table
from footfall.generate.columns import I64, Signups
from footfall.generate.loader import IN_FLIGHT, NO_SCHEMA, Loader
from footfall.generate.plan import DAY_MS, Plan
from footfall.generate.progress import Meter
from footfall.generate.shop import Shop
from footfall.generate.truth import Truth
from footfall.schema import projections

USERS_A_BLOCK: Final = 100_000
BLOCKS_A_SLICE: Final = 4  # users, identities, events, orders
RESENT: Final = 2 * IN_FLIGHT + BLOCKS_A_SLICE
_LARGEST_NUMBER: Final = 1 << 32  # ingest's block numbers are far above
_TABLES: Final = ("events", "orders", "products", "users")
_DATED: Final[tuple[Table, ...]] = ("events", "orders")

_COMMANDS: Final = """
SELECT DISTINCT JSONExtractString(properties, 'simulated_by') AS command
FROM footfall.products
WHERE command != ''
"""
_HELD: Final = "SELECT count() FROM footfall.{table:Identifier}"
_COUNTS: Final = {
    "events": """
        SELECT block_id, count() FROM footfall.events
        WHERE block_id > 0 AND block_id < {largest:UInt64}
            AND event_timestamp >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
        GROUP BY block_id
    """,
    "orders": """
        SELECT block_id, count() FROM footfall.orders
        WHERE block_id > 0 AND block_id < {largest:UInt64}
            AND order_timestamp >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
        GROUP BY block_id
    """,
}


class HistoryTorn(OurFault):
    """The store lost rows that it had acknowledged: it was killed while it wrote them."""

    name = "HISTORY_TORN"


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the store must hold of a block: its rows that cannot have expired yet."""

    table: Table
    number: int
    rows: int


def generate(config: Config, plan: Plan, *, truth: Path | None = None, replace: bool = False) -> None:
    """Writes the plan's history to the store and, where asked, the true answers about it to a file.

    `replace` empties the store first. Raises `UsageError` where the store holds anything else than this
    history or would forget some of it at once, `HistoryTorn` where rows are missing at the end.
    """
    _check_retention(config, plan)
    answers = Truth(plan) if truth else None
    try:
        with store.connect(config, "footfall") as owner:
            if replace:
                empty(owner)
            _check_store(owner, plan)
            kept = record.start(config, plan)
            _check_complete(config, owner, _write(config, owner, Shop(plan), answers))
            list(projections.fill(owner))
    except ClickHouseError as error:
        if getattr(error, "code", None) in NO_SCHEMA:
            raise UsageError("the store has no schema yet: run `footfall migrate` first") from error
        raise StoreUnavailable(f"the store at {config.store_url} does not answer: {error}") from error
    record.write(config, replace_in(kept, finished=True))
    if truth and answers:
        truth.write_text(json.dumps(answers.to_json(), indent=1) + "\n")


def parts(shop: Shop, currency: str, truth: Truth | None = None) -> Iterator[tuple[Block, I64 | None]]:
    """Every block of a history, in the order of their numbers, with the times of rows that expire."""
    blocks = Blocks(shop.plan, shop.catalogue, shop.shoppers, currency)
    yield blocks.products(1), None
    first = shop.first_registrations()
    if truth:
        truth.add_signups(first)
    number = 1
    for start in range(0, len(first), USERS_A_BLOCK):
        number += 1
        some = np.arange(start, min(start + USERS_A_BLOCK, len(first)))
        yield blocks.users(number, first.take(some)), None
    for index in range(len(shop)):
        slice_ = shop.slice(index)
        if truth:
            truth.add(slice_)
        base = number + 1 + index * BLOCKS_A_SLICE
        made = (
            (blocks.users(base, _sorted(slice_.signups)), None),
            (blocks.identities(base + 1, slice_.identities()), None),
            (blocks.events(base + 2, slice_), slice_.events.at),
            (blocks.orders(base + 3, slice_), slice_.ledger.at),
        )
        yield from (part for part in made if part[0].rows)


def empty(owner: Client) -> None:
    """Removes every row of every table and rollup, as well as what is private."""
    rows = owner.query(
        "SELECT database, name FROM system.tables WHERE database IN ('footfall', 'footfall_private')"
        " AND engine LIKE '%MergeTree' AND name != 'schema_migrations'"
    ).result_rows
    for database, name in rows:
        owner.command(
            "TRUNCATE TABLE {database:Identifier}.{name:Identifier}",
            parameters={"database": database, "name": name},
        )


def _check_retention(config: Config, plan: Plan) -> None:
    """Raises `UsageError` where the tables would forget the beginning of the history at once.

    A history that is being finished may have lost its first days meanwhile, and one that was planned just
    before midnight its first day.
    """
    kept = record.read(config)
    if kept and kept.plan == plan:
        return
    now_ms = time.time_ns() // 1_000_000
    spans = (
        ("events", plan.events_from_ms, config.events_ttl_days),
        ("orders", plan.orders_from_ms, config.orders_ttl_days),
    )
    for kind, start, days in spans:
        age = now_ms // DAY_MS - start // DAY_MS
        if days and age > days:
            raise UsageError(
                f"the history begins {age} days ago, but {kind} are kept for {days} days: "
                f"set FOOTFALL_{kind.upper()}_TTL_DAYS=0 (for ever) or {age + 1}, and run `footfall migrate`"
            )


def _check_store(owner: Client, plan: Plan) -> None:
    """Raises `UsageError` where the store holds rows and they are not of this plan."""
    commands = [row[0] for row in owner.query(_COMMANDS).result_rows]
    if plan.command() in commands:
        return
    if commands:
        raise UsageError(
            f"the store already holds another history, made by `{commands[0]}`. "
            "To make this one instead: --replace, which empties the store first"
        )
    held = [(table, owner.query(_HELD, parameters={"table": table}).result_rows[0][0]) for table in _TABLES]
    if full := [f"{rows:,} {table}" for table, rows in held if rows]:
        raise UsageError(
            f"the store already holds {', '.join(full)} that were not simulated, and a simulated history "
            "would mix with them. Use another FOOTFALL_DATA_DIR, or --replace, which empties the store first"
        )


def _write(config: Config, owner: Client, shop: Shop, truth: Truth | None) -> list[_Sent]:
    """Sends what the store does not have yet; returns what it must hold in the end."""
    there = {table: _counts(owner, table, 0) for table in _DATED}
    newest = max((number for counts in there.values() for number in counts), default=0)
    oldest = _oldest_kept(config)
    sent = []
    with (
        Meter("history", shop.plan.events + 2 * shop.plan.orders) as meter,
        Loader(config, shop.plan, meter) as loader,
    ):
        for block, at in parts(shop, config.currency, truth):
            if at is not None:
                sent.append(_Sent(block.table, block.number, int((at >= oldest[block.table]).sum())))
            whole = there.get(block.table, {}).get(block.number) == block.rows
            if whole and block.number < newest - RESENT:
                meter.advance(block.rows)
            else:
                loader.send(block)
        loader.finish()
    print(f"history: {meter.done:,} rows in {meter.seconds:.1f} s ({meter.rate:,.0f}/s)", flush=True)
    return sent


def _check_complete(config: Config, owner: Client, sent: list[_Sent]) -> None:
    """Raises `HistoryTorn` where the store has fewer rows of a block than it acknowledged."""
    oldest = _oldest_kept(config)
    there = {table: _counts(owner, table, oldest[table]) for table in _DATED}
    missing = sum(max(block.rows - there[block.table].get(block.number, 0), 0) for block in sent)
    if missing:
        raise HistoryTorn(
            f"{missing:,} rows of the history are missing: the store was killed while it wrote them. "
            "Make it again with --replace, which empties the store first"
        )


def _oldest_kept(config: Config) -> dict[str, int]:
    """The time (ms) from which on no row can have expired, tonight included."""
    today_ms = time.time_ns() // 1_000_000 // DAY_MS * DAY_MS
    days = {"events": config.events_ttl_days, "orders": config.orders_ttl_days}
    return {table: today_ms - (days[table] - 2) * DAY_MS if days[table] else 0 for table in _DATED}


def _counts(owner: Client, table: str, from_ms: int) -> dict[int, int]:
    """Rows of each block of a history that a table holds, from a time on."""
    rows = owner.query(_COUNTS[table], parameters={"from_ms": from_ms, "largest": _LARGEST_NUMBER})
    return {int(number): int(count) for number, count in rows.result_rows}


def _sorted(signups: Signups) -> Signups:
    return signups.take(np.argsort(signups.user))
