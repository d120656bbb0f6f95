"""The inbox's log: copied beside the thread that commits, and begun anew without losing anything."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from footfall.ingest import inbox, log
from footfall.ingest.inbox import Inbox
from tests.ingest.test_inbox import LIMIT, batch, counts, stored

BATCHES = 20_000  # in which the log is begun anew long before, also on a busy machine
_JUNK = "INSERT OR REPLACE INTO probe VALUES (1, randomblob(?))"


@pytest.mark.parametrize("doors", [1, 2])
async def test_a_long_log_is_begun_anew_while_batches_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doors: int
) -> None:
    monkeypatch.setattr(log, "LOG_BYTES", 256 << 10)
    monkeypatch.setattr(log, "_COPY_S", 0.01)
    opened = [Inbox(tmp_path, LIMIT) for _ in range(doors)]
    # The log's file is never cut: commits that it does not grow with stand where earlier ones stood.
    sizes: list[int] = []
    sent = 0
    while len(sizes) < BATCHES and (len(sizes) < 20 or len(set(sizes[-20:])) > 1):
        await asyncio.gather(*(door.accept(batch(sent + at)) for at, door in enumerate(opened)))
        sent += doors
        sizes.append((tmp_path / "inbox.sqlite-wal").stat().st_size)
    for door in opened:
        door.close()
    assert len(sizes) < BATCHES
    door = Inbox(tmp_path, LIMIT)
    assert stored(door) == sent
    assert await counts(door, *range(sent)) == (0, sent)
    door.close()


async def test_no_commit_copies_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a long one: beside a commit of another process, that copy could lose what is committed."""
    monkeypatch.setattr(log, "_COPY_S", 3600)
    door, other = Inbox(tmp_path, LIMIT), Inbox(tmp_path, LIMIT)
    before = (tmp_path / "inbox.sqlite").read_bytes()
    for _ in range(40):  # SQLite would begin at 1,000 pages
        for one in (door, other):
            one.run(lambda connection: connection.execute(_JUNK, (256 << 10,)))
    assert (tmp_path / "inbox.sqlite-wal").stat().st_size > 2_000 * 8_192
    assert (tmp_path / "inbox.sqlite").read_bytes() == before
    door.close()
    other.close()


async def test_a_log_is_not_begun_anew_while_it_is_copied(tmp_path: Path) -> None:
    """Where SQLite does both at once, it may lose commits: nothing is copied, or nothing begun anew."""
    door = Inbox(tmp_path, LIMIT)
    file, journal = tmp_path / "inbox.sqlite", tmp_path / "inbox.sqlite-wal"
    copier = log.Log(door.connect)
    with closing(door.connect()) as connection:
        for number, is_copied in enumerate((False, True)):
            await door.accept(batch(2 * number))
            if is_copied:
                copier.copy(connection)
            before, head = file.read_bytes(), journal.read_bytes()[:32]
            # The moment at which a copy starts.
            connection.set_trace_callback(lambda _: door.run(inbox._probe))
            copier.copy(connection)
            connection.set_trace_callback(None)
            begun_anew = journal.read_bytes()[:32] != head
            assert begun_anew == is_copied
            assert (file.read_bytes() != before) == (not is_copied)
    door.close()
