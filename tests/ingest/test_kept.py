"""Kept blocks: let go of a little at a time; what a power cut leaves of one is a block in doubt."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from footfall.ingest import chunks, kept
from footfall.ingest.inbox import Inbox

SIZE = 400_000
CHUNKS = 7


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An inbox's file with two blocks that were acknowledged, of seven chunks of three rows each."""
    with closing(Inbox(tmp_path, 1 << 30)) as inbox, closing(inbox.connect()) as connection:
        kept.doubt_after_a_boot(connection, "the first")
        for block_id in (5, 6):
            for _ in range(CHUNKS):
                chunks.put(connection, "events", None, 3, "202501", 0, b"x" * SIZE, urgent=False)
            chunks.fix(connection, "events", block_id, 1_000)
            kept.keep(connection, "events", block_id, 10)
        yield connection


def test_blocks_are_let_go_of_in_steps_until_nothing_is_left(connection: sqlite3.Connection) -> None:
    sizes = [kept.totals(connection)[1]]
    while kept.release(connection, 11):
        sizes.append(kept.totals(connection)[1])
    steps = [before - after for before, after in pairwise(sizes)]
    assert len(steps) > 3 and max(steps) < kept.RELEASE_BYTES + SIZE
    assert kept.totals(connection)[:2] == (0, 0)
    assert connection.execute("SELECT count(*) FROM bodies").fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM chunks").fetchone() == (0,)


def test_blocks_that_were_acknowledged_later_stay(connection: sqlite3.Connection) -> None:
    assert not kept.release(connection, 10)
    assert kept.totals(connection) == (2 * CHUNKS * 3, 2 * CHUNKS * SIZE, 10)


def test_what_is_left_of_a_block_after_a_power_cut_is_a_block_in_doubt(
    connection: sqlite3.Connection,
) -> None:
    assert kept.release(connection, 11)
    left = kept.totals(connection)[0]
    assert 0 < left < 2 * CHUNKS * 3
    assert kept.doubt_after_a_boot(connection, "the next") == 2
    blocks = [chunks.load(connection, block_id) for block_id in chunks.lost_blocks(connection, "events")]
    assert sum(block.rows for block in blocks) == left
    assert all(block.lost for block in blocks)
    assert chunks.sizes(connection)["events"] == (left, left // 3 * SIZE)


def test_a_block_that_the_disk_lost_chunks_of_goes_as_well(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM chunks WHERE id = (SELECT min(id) FROM chunks)")
    while kept.release(connection, 11):
        pass
    assert kept.totals(connection)[2] is None
