"""What of the events' arrivals was told and read already, by the second of arrival.

Looks overlap, because rows become visible after they are stamped: each second has a count that was told and
the ids that were read. A second whose count grew has new rows; of those that are read, the ones whose ids
are not known are new. Where a second had more rows than were read (a sample, or rows of before the first
look), nobody knows which of the unknown ones are new: then as many are taken as it grew by, the newest. Ids
are kept as hashes of eight bytes, so that minutes of thousands of events a second are megabytes.
"""

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

Row = dict[str, Any]


def second_of(row: Row) -> datetime:
    """The second in which an event was accepted."""
    at: datetime = row["ingested_at"]
    return at.replace(microsecond=0)


class Seen:
    """Ids that were read and counts that were told, for as long as a look can bring them again."""

    def __init__(self) -> None:
        self._ids: dict[datetime, array[int]] = {}
        self._told: dict[datetime, int] = {}

    def grown(self, seconds: Sequence[Row]) -> dict[datetime, int]:
        """Seconds with more events than were told, and how many more."""
        more = {row["second"]: row["events"] - self._told.get(row["second"], 0) for row in seconds}
        return {second: count for second, count in more.items() if count > 0}

    def take(self, rows: Sequence[Row], grown: Mapping[datetime, int]) -> tuple[list[Row], int]:
        """Those of `rows` (newest first) that are new, the oldest first, and how many events are new in all.

        All of them, and all that `grown` counts, are told and read now. Rows that became visible after they
        were counted are told with the rest, and the next count knows of them.
        """
        new: list[Row] = []
        told = dict(grown)
        for second, found in groupby(reversed(rows), second_of):
            ids = self._ids.setdefault(second, array("q"))
            known = set(ids)
            unread = [row for row in found if hash(row["event_id"]) not in known]
            count = grown.get(second, 0)
            if len(ids) < self._told.get(second, 0):
                unread = unread[max(0, len(unread) - count) :]
            ids.extend(hash(row["event_id"]) for row in unread)
            told[second] = max(count, len(unread))
            new += unread
        for second, count in told.items():
            self._told[second] = self._told.get(second, 0) + count
        return new, sum(told.values())

    def told_between(self, first: datetime, end: datetime) -> int:
        """How many events of the seconds from one to before another were told."""
        return sum(count for second, count in self._told.items() if first <= second < end)

    def forget_before(self, moment: datetime) -> None:
        """Forgets the seconds that no later look can bring again."""
        self._ids = {second: ids for second, ids in self._ids.items() if second >= moment}
        self._told = {second: count for second, count in self._told.items() if second >= moment}
