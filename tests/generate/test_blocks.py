"""Blocks bear the rows as the store's tables spell them."""

import re
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from footfall.generate.blocks import Block, money, order_ids, session_ids
from footfall.generate.history import parts
from footfall.generate.shop import Shop
from footfall.model import EVENT_TYPES, ORDER_STATUSES
from tests.generate import plans

PLAN = plans.small()
BLOCKS = [block for block, _ in parts(Shop(PLAN), "GBP")]


def column(table: str, name: str) -> list[object]:
    """All values of one column of a table."""
    batches = [_batch(block) for block in BLOCKS if block.table == table]
    values = [batch.column(name) for batch in batches]
    return [value.as_py() for array in values for value in array]


def _batch(block: Block) -> pa.RecordBatch:
    return pa.ipc.open_stream(block.data).read_next_batch()


def test_every_block_has_its_own_number_and_bears_it() -> None:
    numbers = [block.number for block in BLOCKS]
    assert numbers == sorted(set(numbers))
    for block in BLOCKS:
        assert set(_batch(block).column("block_id").to_pylist()) == {block.number}
        assert _batch(block).num_rows == block.rows > 0


def test_the_words_are_those_of_the_model() -> None:
    assert set(column("events", "event_type")) <= set(EVENT_TYPES)
    assert set(column("orders", "status")) <= set(ORDER_STATUSES)
    assert set(column("orders", "currency")) == {"GBP"}


def test_ids_are_unique_and_their_time_is_the_events() -> None:
    ids = [uuid.UUID(bytes=value) for value in column("events", "event_id")]  # type: ignore[arg-type]
    times = column("events", "event_timestamp")
    assert len(set(ids)) == len(ids)
    assert {value.version for value in ids} == {7}
    for value, time in zip(ids[:100], times[:100], strict=True):
        assert datetime.fromtimestamp((value.int >> 80) / 1000, UTC) == time
    entries = column("orders", "entry_id")
    assert len(set(entries)) == len(entries)


def test_what_is_worth_nothing_has_no_currency_and_events_are_ingested_after_they_happen() -> None:
    for revenue, value, currency in zip(
        *(column("events", name) for name in ("revenue", "value", "currency")), strict=True
    ):
        assert currency == ("GBP" if revenue or value else "")
    lags = zip(column("events", "event_timestamp"), column("events", "ingested_at"), strict=True)
    assert all(happened < ingested for happened, ingested in lags)  # type: ignore[operator]


def test_products_say_which_command_made_them() -> None:
    assert set(column("products", "properties")) == {PLAN.mark()}
    assert len(set(column("products", "name"))) > 35
    assert len(column("users", "user_id")) == PLAN.users


def test_orders_and_sessions_are_spelt_alike_everywhere() -> None:
    orders = {value for value in column("events", "order_id") if value}
    assert orders <= set(column("orders", "order_id"))
    assert all(re.fullmatch("H[0-9]{9}", str(value)) for value in orders)
    sessions = {value for value in column("events", "session_id") if value}
    assert all(re.fullmatch("[0-9a-f]{16}", str(value)) for value in sessions)


@given(st.lists(st.integers(-(10**15), 10**15)))
def test_money_is_exact(cents: list[int]) -> None:
    assert money(np.array(cents, np.int64)).to_pylist() == [Decimal(c) / 100 for c in cents]


@given(st.lists(st.integers(-1, 10**9 - 1)))
def test_order_ids_keep_their_number(orders: list[int]) -> None:
    expected = [f"H{order:09}" if order >= 0 else "" for order in orders]
    assert order_ids(np.array(orders, np.int64)).to_pylist() == expected


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_session_ids_keep_their_number(sessions: list[int]) -> None:
    expected = [f"{session:016x}" if session else "" for session in sessions]
    assert session_ids(np.array(sessions, np.uint64)).to_pylist() == expected
