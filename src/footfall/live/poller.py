"""The one reader of new events in this process.

`ingested_at` is set before a row becomes visible, so a cursor would miss rows that become visible late. Each
look has the store count the events of the last `OVERLAP_S` by second of their arrival, each few looks those
of the last `REACH_S`, and reads the rows of the seconds that have more than was told (`seen`). Where they
are more than `ROWS`, the store picks one in so many by their ids. So the count is right where the rows are a
sample: a frame carries at most `SAMPLE` events, spread evenly over those that are new; what pages ask for
alone is picked from all that was read.

Where the store was away, looks go back to when it was, for as long as what ingest kept meanwhile may still
come: `REACH_S` with their rows, and what was accepted before that is told as a number. Frames hold so little
that those of five minutes are always kept: long texts are cut, and what is more than `FRAME_BYTES` is left
out and counted.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from footfall.errors import FootfallError
from footfall.live.hub import EVENTS, REPLAY_BYTES, Hub
from footfall.live.replay import REPLAY_S
from footfall.live.seen import Row, Seen
from footfall.query import run
from footfall.query.encode import to_json
from footfall.web.named import Queries
from footfall.web.reading import Reading

PERIOD_S: Final = 0.4
OVERLAP_S: Final = 10
REACH_S: Final = 300
REACH_PERIOD_S: Final = 2
ROWS: Final = 2000
SAMPLE: Final = 100
TEXT: Final = 200
FRAME_BYTES: Final = int(REPLAY_BYTES * PERIOD_S / (REPLAY_S + PERIOD_S)) - 1024  # but for its head
FIRST_LOOK_S: Final = 600
RETRY_S: Final = 1.0
_MOMENT: Final = timedelta(milliseconds=1)
_SECOND: Final = timedelta(seconds=1)
_OVERLAP: Final = timedelta(seconds=OVERLAP_S)
_REACH: Final = timedelta(seconds=REACH_S)
_REACH_PERIOD: Final = timedelta(seconds=REACH_PERIOD_S)

_log = logging.getLogger("footfall.live")


def spread(rows: Sequence[Row], limit: int) -> list[Row]:
    """At most `limit` of `rows`, evenly spread and always with the last: a fair sample."""
    if len(rows) <= limit:
        return list(rows)
    return [rows[(index + 1) * len(rows) // limit - 1] for index in range(limit)]


def cut(row: Row) -> Row:
    """A row whose long texts are cut; the whole event is a click away."""
    return {
        name: f"{value[: TEXT - 1]}…" if isinstance(value, str) and len(value) > TEXT else value
        for name, value in row.items()
    }


def sample(rows: Sequence[Row]) -> list[Row]:
    """A fair sample that fits into a frame."""
    limit = SAMPLE
    while True:
        rows = spread(rows, limit)
        size = sum(len(to_json(row)) + 1 for row in rows)
        if size <= FRAME_BYTES:
            return list(rows)
        limit = min(len(rows) - 1, len(rows) * FRAME_BYTES // size)


@dataclass(frozen=True, slots=True)
class Outage:
    """The store was away from about `since` on; what was accepted meanwhile may come until `ends`.

    Rows are read from `read_from` on. Of those before, only the number is told, and `told` of them are.
    """

    since: datetime
    read_from: datetime
    ends: datetime
    told: int


class Poller:
    """Reads new events while somebody watches or may come back, and publishes them."""

    def __init__(
        self,
        hub: Hub,
        queries: Queries,
        reading: Reading,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._hub = hub
        self._queries = queries
        self._reading = reading
        self._now = now
        self._started = False
        self._seen = Seen()
        self._away_since: datetime | None = None
        self._answered_at = self._reach_at = now()
        self._outage: Outage | None = None

    async def run_forever(self) -> None:
        """Polls until it is cancelled; while nobody has watched for `REPLAY_S` it rests."""
        while True:
            if self._idle():
                await self._hub.woken.wait()
                self._started = False
            began = time.monotonic()
            try:
                await self.look()
                self._tell(away=False)
            except Exception as error:
                if not isinstance(error, FootfallError):
                    _log.exception("the stream of events is interrupted")
                self._tell(away=True)
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(max(0.0, began + PERIOD_S - time.monotonic()))

    def _idle(self) -> bool:
        since = self._hub.idle_since
        return since is not None and time.monotonic() - since > REPLAY_S

    def _tell(self, *, away: bool) -> None:
        """Says on the stream that the store is back, or away: that again for each page that comes later."""
        if away:
            self._away_since = self._away_since or datetime.now(UTC)
            self._hub.publish("store", {"away": True, "since": self._away_since})
        elif self._away_since:
            self._away_since = None
            self._hub.publish("store", {"away": False, "since": datetime.now(UTC)})

    async def look(self) -> None:
        """Publishes what is new since the last look; the first time, or after a rest, the latest events."""
        now = self._now()
        await (self._look(now) if self._started else self._start(now))
        self._started = True
        self._answered_at = now

    async def _start(self, now: datetime) -> None:
        """The latest events, so that a page does not begin empty; nothing before them is kept."""
        seconds = await self._seconds(now - _REACH)
        latest = await self._rows(now - timedelta(seconds=FIRST_LOOK_S))
        self._seen, self._outage, self._reach_at = Seen(), None, now + _REACH_PERIOD
        self._hub.forget()
        rows, _ = self._seen.take(latest, self._seen.grown(seconds))
        self._publish(rows[-SAMPLE:], 0)

    async def _look(self, now: datetime) -> None:
        """What is new since the last look; it is told once everything has been read."""
        far = self._reach(now) if now >= self._reach_at else None
        seconds = await self._seconds(far or now - _OVERLAP)
        left_out = await self._left_out() if far else 0
        grown = self._seen.grown(seconds)
        late = {second: more for second, more in grown.items() if second < _whole(now - _OVERLAP)}
        soon = {second: more for second, more in grown.items() if second not in late}
        found = []
        one_in = 1
        for part, last in ((late, max(late, default=now)), (soon, now + _REACH)):
            if part:
                within = [row["events"] for row in seconds if min(part) <= row["second"] <= last]
                one_in = one_in_so_many(sum(within))
                found.append((part, await self._rows(min(part) - _MOMENT, last + _SECOND - _MOMENT, one_in)))
        rows: list[Row] = []
        count = left_out
        for part, read in found:
            new, more = self._seen.take(read, part)
            rows += new
            count += more
        if far:
            self._reach_at = now + _REACH_PERIOD
            self._seen.forget_before(far - _SECOND)
        if self._outage:
            self._outage = replace(self._outage, told=self._outage.told + left_out)
        if count:
            self._publish(rows, count, one_in)

    def _reach(self, now: datetime) -> datetime:
        """From when on arrivals count: five minutes back, or back to an outage that is over for no longer."""
        if now - self._answered_at > _OVERLAP:
            began = _whole(self._answered_at - _OVERLAP)
            before = self._outage or Outage(began, began, now, 0)
            read_from = max(before.read_from, _whole(now - _REACH))
            told = before.told + self._seen.told_between(before.read_from, read_from)
            self._outage = Outage(before.since, read_from, now + _REACH, told)
        elif self._outage and now > self._outage.ends:
            self._outage = None
        return self._outage.read_from if self._outage else _whole(now - _REACH)

    async def _left_out(self) -> int:
        """How many more events there are than were told of an outage's time that is too long ago to show."""
        out = self._outage
        if out is None or out.since == out.read_from:
            return 0
        hours = await self._seconds(out.since, out.read_from - _MOMENT, step_s=3600)
        events: int = sum(row["events"] for row in hours)
        return events - out.told

    def _publish(self, rows: list[Row], count: int, one_in: int = 1) -> None:
        """A frame says when it was made, so that its way to a page can be told.

        `one_in` says that the newest of `rows` were picked from so many times as many.
        """
        value = {"at": datetime.now(UTC), "count": count, "one_in": one_in}
        self._hub.publish(EVENTS, value | {"events": sample(rows)})
        for wanted in self._hub.filters():
            if found := [row for row in rows if wanted.matches(row)]:
                value |= {"count": len(found) if count else 0, "events": sample(found)}
                self._hub.publish(EVENTS, value, wanted)

    async def _rows(self, after: datetime, until: datetime | None = None, one_in: int = 1) -> list[Row]:
        """At most `ROWS` events that were accepted after one moment and until another, the newest first."""
        params = {"after": after.isoformat(), "limit": str(ROWS), "one_in": str(one_in)}
        rows = await self._ask("latest_events", params | ({"until": until.isoformat()} if until else {}))
        return [cut(row) for row in rows]

    async def _seconds(self, after: datetime, until: datetime | None = None, step_s: int = 1) -> list[Row]:
        """Counts by second of arrival, whole seconds only: `after` is moved back to its second."""
        params = {"after": _whole(after).isoformat(), "step_s": str(step_s)}
        return await self._ask("arrivals", params | ({"until": until.isoformat()} if until else {}))

    async def _ask(self, name: str, params: dict[str, str]) -> list[Row]:
        client = await self._reading.client()
        return (await run(client, self._queries.named(name), params)).rows


def _whole(moment: datetime) -> datetime:
    """The second of a moment."""
    return moment.replace(microsecond=0)


def one_in_so_many(events: int) -> int:
    """One in how many of these events makes `ROWS` at most.

    It is a power of two, so that those that are picked of more are among those that are picked of fewer.
    """
    return 1 << ((max(events, 1) - 1) // ROWS).bit_length()
