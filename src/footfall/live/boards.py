"""The boards beside the stream: figures, charts and lists that are read again and again and pushed to all.

Each board is a named query with a period. One task reads them one after another, so that a slow board delays
boards and never the stream of events; while nobody watches it rests. Of a board that cannot be read a frame
`KIND-failed` says why, in the one shape of errors; its latest figures stay for pages that come later.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Any, Final

from footfall.errors import FootfallError, OurFault
from footfall.live.hub import Hub
from footfall.query import run
from footfall.web.named import Queries
from footfall.web.reading import Reading

RETRY_S: Final = 1.0
_log = logging.getLogger("footfall.live")


@dataclass(frozen=True, slots=True)
class Board:
    """One board: the frame's kind, the query behind it, its parameters, seconds between two readings."""

    kind: str
    query: str
    period_s: float
    params: dict[str, str] = field(default_factory=dict)


BOARDS: Final = (
    Board("cards", "live_cards", 2),
    Board("types", "live_types", 2, {"minutes": "15", "step_s": "10"}),
    Board("arrivals", "arrivals", 2, {"after": "now-60s"}),
    Board("orders", "latest_orders", 2, {"after": "now-1h", "limit": "12"}),
    Board("countries", "country_stats", 5, {"from": "today", "to": "now", "limit": "300"}),
    Board("users", "top_users", 5, {"from": "today", "to": "now", "limit": "10"}),
)


class Boards:
    """Reads the boards in turn and publishes them."""

    def __init__(self, hub: Hub, queries: Queries, reading: Reading) -> None:
        self._hub = hub
        self._queries = queries
        self._reading = reading
        self._boards = {board.kind: board for board in BOARDS}
        self._due = dict.fromkeys(self._boards, 0.0)

    async def run_forever(self) -> None:
        """Reads what is due until it is cancelled."""
        while True:
            await self._hub.woken.wait()
            kind = min(self._due, key=self._due.__getitem__)
            board = self._boards[kind]
            await asyncio.sleep(max(0.0, self._due[kind] - time.monotonic()))
            try:
                self._hub.publish(kind, await self._read(board))
            except Exception as error:
                if not isinstance(error, FootfallError):
                    _log.exception("the board %s cannot be read", kind)
                    error = OurFault("this board cannot be read; the log says why")
                self._hub.publish(f"{kind}-failed", error.to_json())
                await asyncio.sleep(RETRY_S)
            self._due[kind] = time.monotonic() + board.period_s

    async def _read(self, board: Board) -> dict[str, Any]:
        answer = await run(await self._reading.client(), self._queries.named(board.query), board.params)
        meta = {key: value for key, value in answer.meta.items() if key != "sql"}  # /api/queries has the SQL
        return {"data": answer.rows, "meta": meta}
