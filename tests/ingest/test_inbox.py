"""The inbox: durable, bounded, and the same item is accepted once, whoever sends it how often."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.errors import OurFault, Overloaded
from footfall.ingest import chunks, last_values, receipts
from footfall.ingest import inbox as inboxes
from footfall.ingest.batch import Batch
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import EVENTS, IDENTITIES, ORDER_ITEMS
from footfall.ingest.outcome import Entry
from footfall.ingest.receipts import Correction, Receipt, find, new_batch_id
from tests.ingest.make import NOW_MS

LIMIT = 1 << 30


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    opened = Inbox(tmp_path, LIMIT)
    yield opened
    opened.close()


def batch(*numbers: int, value: bytes = b"", month: int = 202501) -> Batch:
    """Rows of a small table, each known by its number."""
    rows = [
        [Entry(IDENTITIES.name, number.to_bytes(16), value, (number, 2, NOW_MS), month)] for number in numbers
    ]
    return Batch(new_batch_id(NOW_MS), rows, [])


def stored(inbox: Inbox) -> int:
    with closing(inbox.connect()) as connection:
        return chunks.sizes(connection)[IDENTITIES.name][0]


async def counts(inbox: Inbox, *numbers: int, value: bytes = b"") -> tuple[int, int]:
    receipt = (await inbox.accept(batch(*numbers, value=value))).receipt
    return receipt.accepted, receipt.duplicate


async def test_an_item_counts_once_in_a_request_and_across_requests(inbox: Inbox) -> None:
    assert await counts(inbox, 1, 2, 1) == (2, 1)
    assert await counts(inbox, 2, 3) == (1, 1)
    assert stored(inbox) == 3


async def test_items_are_remembered_across_a_restart(tmp_path: Path) -> None:
    first = Inbox(tmp_path, LIMIT)
    await counts(first, 1, 2)
    first.close()
    second = Inbox(tmp_path, LIMIT)
    assert await counts(second, 2, 3) == (1, 1)
    assert stored(second) == 3
    second.close()


async def test_two_doors_to_one_inbox_know_each_others_items(tmp_path: Path, inbox: Inbox) -> None:
    other = Inbox(inbox.folder, LIMIT)
    results = await asyncio.gather(
        *(counts(door, *range(start, start + 40)) for start in range(0, 200, 20) for door in (inbox, other))
    )
    assert sum(accepted for accepted, _ in results) == stored(inbox) == 220
    other.close()


async def test_where_the_last_value_holds_going_back_is_a_change(inbox: Inbox) -> None:
    for value, expected in ((b"A", (1, 0)), (b"A", (0, 1)), (b"B", (1, 0)), (b"A", (1, 0))):
        assert await counts(inbox, 7, value=value) == expected


@given(st.lists(st.lists(st.integers(0, 30), max_size=10), max_size=15), st.data())
@settings(max_examples=15, deadline=None)
def test_accepted_is_what_was_never_sent_before(
    tmp_path_factory: pytest.TempPathFactory, requests: list[list[int]], data: st.DataObject
) -> None:
    """Requests, retries of them and restarts in any order: each number once."""

    async def play() -> None:
        folder = tmp_path_factory.mktemp("inbox")
        door = Inbox(folder, LIMIT)
        known: set[int] = set()
        for numbers in requests:
            for _ in range(data.draw(st.integers(1, 2))):
                accepted, duplicate = await counts(door, *numbers)
                assert (accepted, duplicate) == (len(set(numbers) - known), len(numbers) - accepted)
                known |= set(numbers)
            if data.draw(st.booleans()):
                door.close()
                door = Inbox(folder, LIMIT)
        assert stored(door) == len(known)
        door.close()

    asyncio.run(play())


async def test_receipts_are_kept(inbox: Inbox) -> None:
    sent = batch(1, 2)
    await inbox.accept(sent)
    with closing(inbox.connect()) as connection:
        found = find(connection, sent.batch_id)
    assert found is not None
    assert (found.accepted, found.duplicate) == (2, 0)


def test_a_correction_may_come_before_its_receipt_and_goes_with_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "receipts", isolation_level=None)) as connection:
        connection.executescript(inboxes._JOURNAL.read_text())
        connection.execute("INSERT INTO lanes VALUES ('receipts', 0, 0)")
        old, new = new_batch_id(NOW_MS), new_batch_id(NOW_MS + 8 * 86_400_000)
        for duplicate in (1, 2):
            receipts.correct(connection, {old: Correction(duplicate=duplicate)})
        receipts.keep(connection, [(old, msgspec.json.encode(Receipt("", 5, 0, 0, [])))], NOW_MS)
        found = find(connection, old)
        assert found is not None
        assert (found.accepted, found.duplicate) == (2, 3)
        receipts.keep(
            connection, [(new, msgspec.json.encode(Receipt("", 5, 0, 0, [])))], NOW_MS + 8 * 86_400_000
        )
        assert find(connection, old) is None
        assert connection.execute("SELECT count(*) FROM corrections").fetchone() == (0,)


def test_a_block_is_full_where_the_next_chunk_would_not_go_into_it(inbox: Inbox) -> None:
    def put(connection: sqlite3.Connection) -> None:
        chunks.put(connection, EVENTS.name, None, 600, "202501", NOW_MS, b"body", urgent=False)

    for full in (False, True):
        inbox.run(put)
        with closing(inbox.connect()) as connection:
            head = chunks.head(connection, EVENTS.name, 1_000)
        assert head is not None
        assert (head.rows, head.full) == (600, full)


async def test_a_full_inbox_refuses_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    small = Inbox(tmp_path, limit_bytes=30)
    await counts(small, 1)
    with pytest.raises(Overloaded):
        await counts(small, 2)
    small.run(lambda connection: chunks.consume(connection, IDENTITIES.name, 1 << 40))
    assert await counts(small, 2) == (1, 0)
    small.close()


async def test_a_disk_that_is_full_refuses_and_loses_nothing(inbox: Inbox) -> None:
    await counts(inbox, 1, 2)
    inbox.run(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(OurFault) as refused:
        await counts(inbox, *range(10, 5_000))
    assert refused.value.code == 503
    inbox.run(lambda connection: connection.execute("PRAGMA max_page_count = 1073741823").fetchone())
    assert stored(inbox) == 2
    assert await counts(inbox, 2, 3) == (1, 1)


async def test_readiness_tells_a_full_disk_and_its_end_without_a_batch(inbox: Inbox) -> None:
    def pages(limit: int) -> None:
        inbox.run(lambda connection: connection.execute(f"PRAGMA max_page_count = {limit}").fetchone())

    assert await inbox.writable()
    pages(1)
    with pytest.raises(OurFault):
        await counts(inbox, *range(10, 5_000))
    assert not await inbox.writable()
    assert not await inbox.writable()
    pages(1 << 30)
    assert await inbox.writable()
    assert not inbox.failing


async def test_a_disk_without_room_is_not_writable(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "ROOM_BYTES", 1 << 62)
    assert not await inbox.writable()


async def test_a_batch_that_cannot_be_encoded_does_not_spoil_the_others(inbox: Inbox) -> None:
    bad = Batch(new_batch_id(NOW_MS), [[Entry(IDENTITIES.name, bytes(16), b"", (-1, 2, 3), 0)]], [])
    results: Any = await asyncio.gather(
        inbox.accept(batch(1)), inbox.accept(bad), inbox.accept(batch(2)), return_exceptions=True
    )
    assert [isinstance(result, OurFault) for result in results] == [False, True, False]
    assert stored(inbox) == 2


async def test_a_step_that_fails_undoes_itself_alone(inbox: Inbox) -> None:
    def step(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM chunks")
        raise ValueError("no")

    await counts(inbox, 1)
    with pytest.raises(ValueError, match="no"):
        await asyncio.to_thread(inbox.run, step)
    assert stored(inbox) == 1


def test_last_values_reach_back_a_day_and_older_ones_are_let_go(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "values", isolation_level=None)
    connection.executescript(inboxes._JOURNAL.read_text())
    last_values.create(connection, 0)
    hour = 3_600_000

    def add(number: int, now: int) -> None:
        last_values.add(connection, [(number.to_bytes(16), b"")], now, 24 * hour)

    def seen(number: int) -> bool:
        return bool(last_values.seen(connection, [number.to_bytes(16)]))

    for number in range(24):
        add(number, number * hour)
    add(24, 24 * hour)
    assert all(seen(number) for number in range(25))
    for number in range(25, 60):
        add(number, number * hour)
    assert all(seen(number) for number in range(36, 60))
    assert not seen(0)
    connection.close()


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 3_000)), min_size=1, max_size=12))
@settings(max_examples=20, deadline=None)
def test_blocks_hold_every_row_once_in_order_and_within_bounds(
    tmp_path_factory: pytest.TempPathFactory, groups: list[tuple[int, int]]
) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(inboxes._JOURNAL.read_text())
    connection.execute("INSERT INTO lanes VALUES (?, 0, 0)", (IDENTITIES.name,))
    sent = 0
    for month, count in groups:
        entries = [
            Entry(IDENTITIES.name, b"", b"", (i, 1, 1), 202500 + (month + i) % 12 + 1)
            for i in range(sent, sent + count)
        ]
        chunks.add(connection, IDENTITIES.name, entries, NOW_MS, urgent=False)
        sent += count
    found = 0
    for number in range(1, 1_000):
        if chunks.head(connection, IDENTITIES.name, 2_000) is None:
            break
        chunks.fix(connection, IDENTITIES.name, number, 2_000)
        months = connection.execute("SELECT months FROM chunks WHERE block_id = ?", (number,)).fetchall()
        assert len({month for (text,) in months for month in text.split(",")}) <= chunks.MONTHS_LIMIT
        block = chunks.load(connection, number)
        assert block.rows == sum(rows for rows, _ in block.bodies)
        assert len(block.bodies) == 1 or block.rows <= 2_000
        found += block.rows
        chunks.forget(connection, IDENTITIES.name, number)
    assert found == sent
    assert chunks.sizes(connection)[IDENTITIES.name] == (0, 0)
    connection.close()


async def test_a_lane_reaches_no_further_than_what_is_before_a_block(inbox: Inbox) -> None:
    lane = IDENTITIES.name
    first, second, third = [(await inbox.accept(batch(number))).chunks[lane] for number in (1, 2, 3)]

    def step(connection: sqlite3.Connection) -> None:
        chunks.fix(connection, lane, 7, 1)
        assert chunks.reach(connection, lane, 7) == first
        bodies = chunks.load(connection, 7).bodies
        chunks.replace(connection, lane, 7, 8, bodies, [])  # its rows stand behind those that wait now
        assert chunks.reach(connection, lane, 8) == 0
        chunks.fix(connection, lane, 9, 10)
        assert [chunks.reach(connection, lane, number) for number in (8, 9)] == [0, 0]
        chunks.forget(connection, lane, 8)
        assert chunks.reach(connection, lane, 9) == third

    await asyncio.to_thread(inbox.run, step)
    with closing(inbox.connect()) as reader:
        assert inbox.waits(reader, lane, second)
        await asyncio.to_thread(inbox.reached, lane, third)
        assert not inbox.waits(reader, lane, second)


async def test_a_stage_does_not_pass_over_items_that_the_disk_has_lost(inbox: Inbox) -> None:
    def step(connection: sqlite3.Connection) -> None:
        for body in (b"first", b"second"):
            chunks.put(connection, ORDER_ITEMS, None, 1, "0", NOW_MS, body, urgent=False)
        connection.execute("UPDATE bodies SET body = x'00' WHERE body = CAST('first' AS BLOB)")

    await asyncio.to_thread(inbox.run, step)
    with closing(inbox.connect()) as reader, pytest.raises(chunks.Damaged, match=ORDER_ITEMS):
        chunks.items(reader, ORDER_ITEMS, 10)
