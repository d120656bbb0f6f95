"""The inbox's log: copied beside the thread that commits, and begun anew without losing anything."""

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
