"""How many dead letters are kept: a flood of bad items fills neither the inbox nor the disk.

Each UTC day has room for `DAY_BYTES` of letters, so 30 days have room for 3 GiB before they are packed; one
reason may take a quarter of a day, so that a flood leaves room for the other reasons. The last letter that
is kept says that the room is used up; what comes after it is told to its sender, and counted, and not kept.

The counts stand in the inbox's file, in the transaction that keeps the letters: they hold across restarts and
for every ingest process that shares the inbox.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Final

from footfall.ingest.lanes import DAY_MS, DEAD_LETTERS
from footfall.ingest.outcome import Entry

DAY_BYTES: Final = 100 << 20
REASON_BYTES: Final = DAY_BYTES // 4
LETTER_BYTES: Final = 200  # what a letter takes beside its texts
_COLUMNS: Final = {column.name: number for number, column in enumerate(DEAD_LETTERS.columns)}
_REASON: Final = _COLUMNS["reason"]
_MESSAGE: Final = _COLUMNS["message"]
_RAW: Final = _COLUMNS["raw"]
_OF_DAY: Final = "SELECT reason, bytes FROM letters WHERE day = ?"
_COUNT: Final = """
    INSERT INTO letters VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (reason) DO UPDATE SET
        bytes = iif(day = ?2, bytes, 0) + ?3, day = ?2, kept = kept + ?4, dropped = dropped + ?5"""
_TOTALS: Final = "SELECT reason, kept, dropped FROM letters ORDER BY reason"


def today() -> int:
    """The UTC day, as days since 1970."""
    return time.time_ns() // 1_000_000 // DAY_MS


def within(connection: sqlite3.Connection, letters: Sequence[Entry], day: int) -> list[Entry]:
    """The letters for which there is room on that day; counts all of them."""
    used: dict[str, int] = dict(connection.execute(_OF_DAY, (day,)))
    total = sum(used.values())
    kept: list[Entry] = []
    counts: dict[str, list[int]] = {}
    for letter in letters:
        reason = letter.row[_REASON]
        count = counts.setdefault(reason, [0, 0, 0])
        before = used.get(reason, 0)
        if before >= REASON_BYTES or total >= DAY_BYTES:
            count[2] += 1
            continue
        size = LETTER_BYTES + len(letter.row[_MESSAGE]) + len(letter.row[_RAW])
        total += size
        used[reason] = before + size
        count[0] += size
        count[1] += 1
        last = used[reason] >= REASON_BYTES or total >= DAY_BYTES
        kept.append(_saying_so(letter) if last else letter)
    connection.executemany(_COUNT, [(reason, day, *count) for reason, count in counts.items()])
    return kept


def totals(connection: sqlite3.Connection) -> Iterator[tuple[str, int, int]]:
    """Of each reason, letters that were kept and that were not, since the inbox was made."""
    yield from connection.execute(_TOTALS)


def _saying_so(letter: Entry) -> Entry:
    """The letter, with a message that says that it is the last of its day."""
    row = list(letter.row)
    row[_MESSAGE] += (
        f" (the last {row[_REASON]} that is kept today: until midnight UTC, more are only counted)"
    )
    return letter._replace(row=tuple(row))
