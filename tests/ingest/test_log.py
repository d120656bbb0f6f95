"""The inbox's log: copied beside the thread that commits, and begun anew without losing anything."""

from contextlib import closing
from pathlib import Path

import pytest

from footfall.ingest import inbox, log
from footfall.ingest.inbox import Inbox
from tests.ingest.test_inbox import LIMIT, batch, counts, stored

BATCHES = 1_000


async def test_a_long_log_is_begun_anew_while_batches_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LOG_BYTES", 256 << 10)
    monkeypatch.setattr(log, "_COPY_S", 0.01)
    monkeypatch.setattr(inbox, "_LOG_BYTES", 1 << 30)  # no commit does it by itself
    door = Inbox(tmp_path, LIMIT)
    # The log's file is never cut: commits that it does not grow with stand where earlier ones stood.
    sizes: list[int] = []
    while len(sizes) < BATCHES and (len(sizes) < 20 or len(set(sizes[-20:])) > 1):
        await door.accept(batch(len(sizes)))
        sizes.append((tmp_path / "inbox.sqlite-wal").stat().st_size)
    door.close()
    assert len(sizes) < BATCHES
    door = Inbox(tmp_path, LIMIT)
    assert stored(door) == len(sizes)
    assert await counts(door, *range(len(sizes))) == (0, len(sizes))
    door.close()


async def test_a_log_is_not_begun_anew_while_it_is_copied(tmp_path: Path) -> None:
    """Where SQLite does both at once, it may lose commits: nothing is copied, or nothing begun anew."""
    door = Inbox(tmp_path, LIMIT)
    copier = log.Log(door.connect)
    file, journal = tmp_path / "inbox.sqlite", tmp_path / "inbox.sqlite-wal"
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
