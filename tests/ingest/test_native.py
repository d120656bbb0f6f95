"""The Native format: the store holds exactly what was encoded; parts of a body are its rows."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.config import Config
from footfall.ingest import blocks, native
from footfall.ingest.lanes import DEAD_LETTERS, EVENTS, IDENTITIES, ORDERS, day_of, month_of
from footfall.ingest.native import Row
from footfall.ingest.writer import StoreLink
from footfall.model import EPOCH
from tests.ingest.make import DAY_MS, NOW_MS

texts = st.text(st.characters(codec="utf-8"), max_size=300)
letters = st.tuples(
    *(st.binary(min_size=16, max_size=16), st.integers(0, 1 << 42)),
    *([texts] * 5),
    *(st.binary(max_size=300), texts, st.binary(min_size=16, max_size=16)),
)


@given(st.lists(letters, min_size=1, max_size=20), st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_taken_from_a_body_is_what_those_rows_encode_to(rows: list[Row], data: st.DataObject) -> None:
    columns = DEAD_LETTERS.columns
    body = native.encode(columns, rows)
    keep = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    assert native.first_column(columns, body, len(rows)) == [row[0] for row in rows]
    assert native.numbers(columns, body, len(rows), "rejected_at") == [row[1] for row in rows]
    if any(keep):
        kept = [row for row, kept in zip(rows, keep, strict=True) if kept]
        assert native.take(columns, body, len(rows), keep) == native.encode(columns, kept)


@given(st.lists(letters, min_size=2, max_size=20), st.data())
@settings(max_examples=60, deadline=None)
def test_bodies_become_one_block_of_all_their_rows(rows: list[Row], data: st.DataObject) -> None:
    columns = DEAD_LETTERS.columns
    middle = data.draw(st.integers(1, len(rows) - 1))
    parts = [(len(part), native.encode(columns, part)) for part in (rows[:middle], rows[middle:])]
    whole = native.block(columns, [(len(rows), native.encode(columns, rows))], 7)
    assert native.block(columns, parts, 7) == whole


@given(st.lists(letters, min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_bodies_of_release_0_1_are_read(rows: list[Row]) -> None:
    columns = DEAD_LETTERS.columns
    block = native.block(columns, [(len(rows), native.encode(columns, rows))], 7)
    head = native.varint(len(columns) + 1) + native.varint(len(rows))
    old = block[len(head) : block.rindex(native.text("block_id") + native.text("UInt64"))]
    assert native.block(columns, [(len(rows), old)], 7) == block
    assert native.first_column(columns, old, len(rows)) == [row[0] for row in rows]
    assert native.numbers(columns, old, len(rows), "rejected_at") == [row[1] for row in rows]


def test_the_store_holds_what_was_encoded(fresh_store: Config) -> None:
    link = StoreLink(fresh_store)
    writer = link.client
    odd = "\u0000\u200b\U0001f600 \\N 'quoted' \"\t\n"
    key, block_id = uuid.uuid4(), blocks.new_block_id()
    events: list[Row] = [
        (
            *(key.bytes, "purchase", NOW_MS, day_of(NOW_MS), (1 << 64) - 1, odd, 1 << 63, odd, odd * 100),
            *("r", "s", "m", "c", "term", "mobile", "Chrome", "UK", 10**18 - 1, -(10**18) + 1, "USD"),
            *((1 << 32) - 1, 7, b'{"a": 1.0}', NOW_MS + 1),
        )
    ]
    orders: list[Row] = [
        (
            *(key.bytes, odd, "1", 5, 6, NOW_MS, day_of(NOW_MS), "refunded", "card", -(2**31), 12_345, 1),
            *(-99_999, "USD", "ZZ", True, b"", NOW_MS),
        )
    ]
    for lane, rows in ((EVENTS, events), (ORDERS, orders), (IDENTITIES, [(1, 2, NOW_MS)])):
        sent = native.block(lane.columns, [(len(rows), native.encode(lane.columns, rows))], block_id)
        names = [*(column.name for column in lane.columns), "block_id"]
        writer.raw_insert(lane.table, names, sent, blocks.insert_settings(block_id), "Native")
    now = (EPOCH + timedelta(milliseconds=NOW_MS)).replace(tzinfo=None)
    (event,) = writer.query("SELECT * FROM events").result_rows
    assert event[:6] == (key, "purchase", now, now.date(), (1 << 64) - 1, odd)
    assert event[6:9] == (1 << 63, odd, odd * 100)
    assert event[17:19] == (Decimal("99999999999999.9999"), Decimal("-99999999999999.9999"))
    assert event[-5:-2] == ((1 << 32) - 1, 7, '{"a": 1.0}')
    assert event[-1] == block_id
    (order,) = writer.query("SELECT quantity, unit_price, total_amount, unlinked FROM orders").result_rows
    assert order == (-(2**31), Decimal("1.2345"), Decimal("-9.9999"), True)
    assert writer.query("SELECT * FROM identities").result_rows == [(1, 2, now, block_id)]
    link.drop()


@given(st.integers(0, 65_535))
@settings(deadline=None)
def test_a_day_has_its_partition(day: int) -> None:
    found = date(1970, 1, 1) + timedelta(days=day)
    assert month_of(day) == found.year * 100 + found.month
    assert datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date() == found
