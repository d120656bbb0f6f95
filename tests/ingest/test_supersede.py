"""Rows of users that a newer one speaks for are removed, and nobody waits for an engine that is slow."""

import time

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall import store
from footfall.config import Config
from footfall.ingest import blocks, native, supersede
from footfall.ingest.chunks import Block
from footfall.ingest.lanes import USERS

ROWS = "SELECT age FROM {table:Identifier} WHERE user_id = 77 ORDER BY age"


def test_an_engine_that_does_not_come_to_removing_holds_nobody_up(
    fresh_store: Config, store_client: StoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supersede, "WAIT_S", 0.2)

    def rows(table: str) -> list[tuple[int]]:
        return [tuple(row) for row in store_client.query(ROWS, parameters={"table": table}).result_rows]

    store_client.command("SYSTEM STOP MERGES footfall.users")  # and mutations
    with store.connect(fresh_store, "writer", send_receive_timeout=20) as writer:
        for age in (30, 31, 32):
            number = blocks.new_block_id()
            body = native.encode(USERS.columns, [(77, "77", "DE", False, age, 0, age, b"")])
            block = Block(number, 1, [(1, body)])
            writer.raw_insert(
                USERS.table,
                [*(column.name for column in USERS.columns), "block_id"],
                native.block(USERS.columns, block.bodies, number),
                settings=blocks.insert_settings(number),
                fmt="Native",
            )
            supersede.remove(writer, USERS, block)
            assert rows("current_users") == [(age,)]
    assert len(rows("users")) == 3
    store_client.command("SYSTEM START MERGES footfall.users")
    deadline = time.monotonic() + 60
    while rows("users") != [(32,)]:
        assert time.monotonic() < deadline, rows("users")
        time.sleep(0.05)
