"""Frames of events that were sent, kept for pages that come back.

What is older than `REPLAY_S` goes, and where the frames are larger than the bound, the oldest. The poller's
frames of all events are so small that those of five minutes always fit (`poller.FRAME_BYTES`).
"""

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import msgspec

REPLAY_S: Final = 300.0
RECENT_BYTES: Final = 48 << 10  # of events, for a page that has none yet
SEARCHED_BYTES: Final = 1 << 20  # likewise, where the page asks for some of them alone
_DATA: Final = b"\ndata: "


@dataclass(frozen=True, slots=True)
class Frame:
    """One SSE message of events: its number, its bytes, and when it was made (monotonic seconds)."""

    number: int
    body: bytes
    made_at: float

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events in it, as they are sent."""
        events: list[dict[str, Any]] = msgspec.json.decode(self.body.partition(_DATA)[2])["events"]
        return events


class Replay:
    """Kept frames, the oldest first; nothing up to number `forgotten` is kept."""

    def __init__(self, limit_bytes: int, forgotten: int = 0) -> None:
        self._limit_bytes = limit_bytes
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._forgotten = forgotten

    def keep(self, frame: Frame) -> None:
        """Keeps the newest frame."""
        self._frames.append(frame)
        self._bytes += len(frame.body)
        oldest = frame.made_at - REPLAY_S
        while self._frames and (self._frames[0].made_at < oldest or self._bytes > self._limit_bytes):
            gone = self._frames.popleft()
            self._bytes -= len(gone.body)
            self._forgotten = gone.number

    def after(self, number: int) -> list[Frame] | None:
        """Kept frames after this number; None where one after it is kept no longer."""
        if number < self._forgotten:
            return None
        return [frame for frame in self._frames if frame.number > number]

    def recent(self, limit_bytes: int) -> list[Frame]:
        """The newest frames that fit into so many bytes, and one at least."""
        recent: list[Frame] = []
        size = 0
        for frame in reversed(self._frames):
            size += len(frame.body)
            if recent and size > limit_bytes:
                break
            recent.append(frame)
        return recent[::-1]

    def forget(self, number: int) -> None:
        """Drops what is kept, up to this number: there is a gap after it."""
        self._frames.clear()
        self._bytes = 0
        self._forgotten = number
