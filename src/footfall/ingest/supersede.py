"""Removing rows of users and products that a newer row speaks for.

`current_users` and `current_products` give one row each at any moment; this keeps the tables as small. It
runs after a block of theirs is in the table, and only where an older row is there to be removed. An engine
with many parts to merge may come to it late: nobody's rows wait longer than `WAIT_S` for that.
"""

import time
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall.ingest import native
from footfall.ingest.chunks import Block
from footfall.ingest.lanes import Lane

IDS_AT_ONCE: Final = 5_000
WAIT_S = 5.0
_FIRST_LOOK_S: Final = 0.01

# The statement that finds older rows of these ids, and the one that removes them.
_STATEMENTS: Final = {
    "users": (
        "SELECT count() FROM footfall.users"
        " WHERE user_id IN {ids:Array(UInt64)} AND block_id != {block:UInt64}",
        "ALTER TABLE footfall.users DELETE"
        " WHERE user_id IN {ids:Array(UInt64)} AND block_id != {block:UInt64}",
    ),
    "products": (
        "SELECT count() FROM footfall.products"
        " WHERE product_id IN {ids:Array(UInt64)} AND block_id != {block:UInt64}",
        "ALTER TABLE footfall.products DELETE"
        " WHERE product_id IN {ids:Array(UInt64)} AND block_id != {block:UInt64}",
    ),
}


def remove(client: Client, lane: Lane, block: Block) -> None:
    """Removes what this block supersedes; waits a while until it is gone."""
    if lane.name not in _STATEMENTS:
        return
    count, delete = _STATEMENTS[lane.name]
    ids = [
        int.from_bytes(key, "little")
        for rows, body in block.bodies
        for key in native.first_column(lane.columns, body, rows)
    ]
    deadline = time.monotonic() + WAIT_S
    for start in range(0, len(ids), IDS_AT_ONCE):
        parameters = {"ids": ids[start : start + IDS_AT_ONCE], "block": block.block_id}
        if not client.query(count, parameters=parameters).result_rows[0][0]:
            continue
        client.command(delete, parameters=parameters, settings={"mutations_sync": 0})
        pause = _FIRST_LOOK_S
        while client.query(count, parameters=parameters).result_rows[0][0] and time.monotonic() < deadline:
            time.sleep(pause)
            pause *= 2
