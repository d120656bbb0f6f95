"""A block in doubt: counted in its table, what is short is written again, its rollups' days are compared.

The engine writes its deduplication log before it renames a new part into place. Killed between the two, it
has forgotten the rows and still answers "duplicate" to their retry; and what it keeps of a block, its
rollups need not have. So an acknowledgement after a lost answer is checked against the table itself.
"""

import time
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.ingest import native
from footfall.ingest.chunks import Block
from footfall.ingest.lanes import DAY_MS, Lane

# A try whose answer was lost may still be running; its rows appear moments after the retry's answer.
LOOKS: Final = 6
LOOK_PAUSE_S: Final = 0.5

KEYS: Final = {
    "events": "SELECT event_id FROM footfall.events WHERE block_id = {block:UInt64}",
    "orders": "SELECT entry_id FROM footfall.orders WHERE block_id = {block:UInt64}",
    "dead_letters": "SELECT letter_id FROM footfall_private.dead_letters WHERE block_id = {block:UInt64}",
}


@dataclass(frozen=True, slots=True)
class Short:
    """Rows of a block that its table lacks, as bodies with their number of rows."""

    bodies: list[tuple[int, bytes]]

    @property
    def rows(self) -> int:
        return sum(rows for rows, _ in self.bodies)


def short(client: Client, lane: Lane, block: Block, ttl_days: int, looks: int = LOOKS) -> Short:
    """What the table lacks of an acknowledged block; rows that have expired meanwhile are not missed."""
    wanted = [native.first_column(lane.columns, body, rows) for rows, body in block.bodies]
    found: set[bytes] = set()
    for look in range(looks):
        time.sleep(LOOK_PAUSE_S if look else 0)
        result = client.query(KEYS[lane.name], parameters={"block": block.block_id})
        found = {key.bytes for (key,) in result.result_rows}
        if all(key in found for keys in wanted for key in keys):
            return Short([])
    bodies = []
    for (rows, body), keys in zip(block.bodies, wanted, strict=True):
        kept = _kept(lane, body, rows, ttl_days)
        keep = [key not in found and alive for key, alive in zip(keys, kept, strict=True)]
        if any(keep):
            bodies.append((sum(keep), native.take(lane.columns, body, rows, keep)))
    return Short(bodies)


def days(lane: Lane, block: Block) -> list[int]:
    """The days (since 1970) that a block touches, those included of blocks that it stands for."""
    if not lane.day:
        return []
    found = set(block.days)
    for rows, body in block.bodies:
        found.update(native.numbers(lane.columns, body, rows, lane.day))
    return sorted(found)


def ttl_days(config: Config, lane: Lane) -> int:
    """How many days the lane's table keeps; 0 for ever."""
    return {"events": config.events_ttl_days, "orders": config.orders_ttl_days}.get(lane.name, 0)


def _kept(lane: Lane, body: bytes, rows: int, ttl: int) -> list[bool]:
    """Which rows are still within the table's time to live."""
    if not lane.day or not ttl:
        return [True] * rows
    today = time.time_ns() // 1_000_000 // DAY_MS
    return [day + ttl > today for day in native.numbers(lane.columns, body, rows, lane.day)]
