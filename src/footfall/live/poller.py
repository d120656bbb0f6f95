"""The one reader of new events in this process.

`ingested_at` is set before a row becomes visible, so a cursor would miss rows that become visible late. Each
look has the store count the events of the last `OVERLAP_S` by second of their arrival, reads the rows from
the first second on that has more than the look before saw, and drops the ids it has sent. So the count is
right where the rows are a sample: a frame carries at most `SAMPLE` events, spread evenly over those that are
new.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from footfall.errors import FootfallError
from footfall.live.hub import EVENTS, REPLAY_S, Hub
from footfall.query import run
from footfall.web.named import Queries
from footfall.web.reading import Reading

PERIOD_S: Final = 0.4
OVERLAP_S: Final = 10
ROWS: Final = 2000
SAMPLE: Final = 100
FIRST_LOOK_S: Final = 600
RETRY_S: Final = 1.0
_MOMENT: Final = timedelta(milliseconds=1)

Row = dict[str, Any]
_log = logging.getLogger("footfall.live")


class Seen:
    """Ids that were sent and counts that were told, for as long as the overlap can bring them again."""

    def __init__(self) -> None:
        self._ids: dict[str, datetime] = {}
        self._counts: dict[datetime, int] = {}

    def new_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Those of `rows` (newest first) that were not sent, the oldest first; they count as sent now."""
        new = [row for row in rows if row["event_id"] not in self._ids]
        self._ids |= {row["event_id"]: row["ingested_at"] for row in new}
        return new[::-1]

    def grown(self, seconds: Sequence[Row]) -> dict[datetime, int]:
        """Seconds with more events than were told, and how many more."""
        more = {row["second"]: row["events"] - self._counts.get(row["second"], 0) for row in seconds}
        return {second: count for second, count in more.items() if count > 0}

    def told(self, seconds: Sequence[Row]) -> None:
        """These counts count as told now."""
        self._counts |= {row["second"]: row["events"] for row in seconds}

    def forget_before(self, moment: datetime) -> None:
        """Forgets what no later look can bring again."""
        self._ids = {event_id: at for event_id, at in self._ids.items() if at >= moment}
        self._counts = {second: count for second, count in self._counts.items() if second >= moment}


def spread(rows: Sequence[Row], limit: int) -> list[Row]:
    """At most `limit` of `rows`, evenly spread and always with the last: a fair sample."""
    if len(rows) <= limit:
        return list(rows)
    return [rows[(index + 1) * len(rows) // limit - 1] for index in range(limit)]


class Poller:
    """Reads new events while somebody watches or may come back, and publishes them."""

    def __init__(self, hub: Hub, queries: Queries, reading: Reading) -> None:
        self._hub = hub
        self._queries = queries
        self._reading = reading
        self._seen = Seen()
        self._away_since: datetime | None = None
        self._ahead = 0

    async def run_forever(self) -> None:
        """Polls until it is cancelled; while nobody has watched for `REPLAY_S` it rests."""
        started = False
        while True:
            if self._idle():
                await self._hub.woken.wait()
                started = False
            began = time.monotonic()
            try:
                await (self._look() if started else self._start())
                started = True
                self._tell(away=False)
            except Exception as error:
                if not isinstance(error, FootfallError):
                    _log.exception("the stream of events is interrupted")
                self._tell(away=True)
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(max(0.0, began + PERIOD_S - time.monotonic()))

    def _idle(self) -> bool:
        since = self._hub.idle_since
        return since is not None and (self._away_since is not None or time.monotonic() - since > REPLAY_S)

    def _tell(self, *, away: bool) -> None:
        """Says on the stream that the store is back, or away: that again for each page that comes later."""
        if away:
            self._away_since = self._away_since or datetime.now(UTC)
            self._hub.publish("store", {"away": True, "since": self._away_since})
        elif self._away_since:
            self._away_since = None
            self._hub.publish("store", {"away": False, "since": datetime.now(UTC)})

    async def _start(self) -> None:
        """The latest events, so that a page does not begin empty; nothing before them is kept."""
        self._seen = Seen()
        self._hub.forget()
        now = datetime.now(UTC)
        latest = await self._rows(now - timedelta(seconds=FIRST_LOOK_S), SAMPLE)
        rows = self._seen.new_rows(latest)
        self._seen.new_rows(await self._rows(now - timedelta(seconds=OVERLAP_S), ROWS))
        self._seen.told(await self._seconds(now - timedelta(seconds=OVERLAP_S)))
        self._ahead = 0
        self._publish(rows, 0)

    async def _look(self) -> None:
        """What is new since the last look; rows that came after they were counted are not counted again."""
        after = datetime.now(UTC) - timedelta(seconds=OVERLAP_S)
        seconds = await self._seconds(after)
        grown = self._seen.grown(seconds)
        if not grown:
            return
        new = self._seen.new_rows(await self._rows(min(grown) - _MOMENT, ROWS))
        self._seen.told(seconds)
        self._seen.forget_before(after - timedelta(seconds=OVERLAP_S))
        counted = sum(grown.values()) - self._ahead
        count = max(counted, len(new))
        self._ahead = count - counted
        if count:
            self._publish(spread(new, SAMPLE), count)

    def _publish(self, rows: list[Row], count: int) -> None:
        """A frame says when it was made, so that its way to a page can be told."""
        self._hub.publish(EVENTS, {"at": datetime.now(UTC), "count": count, "events": rows})

    async def _rows(self, after: datetime, limit: int) -> list[Row]:
        return await self._ask("latest_events", {"after": after.isoformat(), "limit": str(limit)})

    async def _seconds(self, after: datetime) -> list[Row]:
        """Counts by second of arrival, whole seconds only: `after` is moved back to its second."""
        return await self._ask("arrivals", {"after": after.replace(microsecond=0).isoformat()})

    async def _ask(self, name: str, params: dict[str, str]) -> list[Row]:
        client = await self._reading.client()
        return (await run(client, self._queries.named(name), params)).rows
