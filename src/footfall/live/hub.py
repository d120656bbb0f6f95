"""Fans frames out to subscribers.

A frame is encoded once, whatever the number of subscribers. Each subscriber has a bounded queue: where it is
full the oldest frame is dropped and counted, and the subscriber is told how many it missed; nobody else
waits for it. Frames of events are kept for `REPLAY_S` seconds, so that a page that reconnects with
`Last-Event-ID` gets what it missed, without a gap or a repeat; of each board only the latest frame counts,
and every new subscriber gets it where it is not old.
"""

import asyncio
import secrets
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from footfall.query.encode import to_json

QUEUE_FRAMES: Final = 256
REPLAY_S: Final = 300.0
REPLAY_BYTES: Final = 32 << 20
RECENT_BYTES: Final = 48 << 10  # of events, for a page that has none yet
BOARD_KEEP_S: Final = 30.0
EVENTS: Final = "events"


@dataclass(frozen=True, slots=True)
class Frame:
    """One SSE message of events: its number, its bytes, and when it was made (monotonic seconds)."""

    number: int
    body: bytes
    made_at: float


class Subscriber:
    """A bounded queue of frames for one open page; only `next` is called by the page's task."""

    def __init__(self, limit: int = QUEUE_FRAMES) -> None:
        self._frames: deque[bytes] = deque()
        self._limit = limit
        self._ready = asyncio.Event()
        self.missed = 0

    def put(self, body: bytes) -> bool:
        """Queues a frame; at the bound the oldest one makes room and is missed. Answers whether one was."""
        full = len(self._frames) >= self._limit
        if full:
            self._frames.popleft()
            self.missed += 1
        self._frames.append(body)
        self._ready.set()
        return full

    async def next(self, patience_s: float) -> bytes:
        """What is queued, as one piece; empty where nothing came for `patience_s` seconds."""
        try:
            async with asyncio.timeout(patience_s):
                await self._ready.wait()
        except TimeoutError:
            return b""
        self._ready.clear()
        body = b"".join(self._frames)
        self._frames.clear()
        if self.missed:
            body = message("missed", {"frames": self.missed}) + body
            self.missed = 0
        return body


class Hub:
    """Subscribers, what they may still ask for, and the boards' latest frames. One a process."""

    def __init__(self) -> None:
        self.epoch: Final = secrets.token_hex(4)
        self.idle_since: float | None = time.monotonic()
        self.woken = asyncio.Event()
        self.missed_frames = 0
        self._number = 0
        self._subscribers: set[Subscriber] = set()
        self._replay: deque[Frame] = deque()
        self._replay_bytes = 0
        self._forgotten = 0
        self._boards: dict[str, tuple[float, bytes]] = {}

    @property
    def subscribers(self) -> int:
        """Number of open pages."""
        return len(self._subscribers)

    def publish(self, kind: str, value: Any) -> None:
        """Sends a frame to every subscriber, and keeps it for those who come later."""
        if kind == EVENTS:  # the only ones that are resumed, so the only ones with an id
            self._number += 1
            body = message(kind, value, f"{self.epoch}-{self._number}")
            self._keep(Frame(self._number, body, time.monotonic()))
        else:
            body = message(kind, value)
            self._boards[kind] = time.monotonic(), body
        self.missed_frames += sum(subscriber.put(body) for subscriber in self._subscribers)

    def _keep(self, frame: Frame) -> None:
        self._replay.append(frame)
        self._replay_bytes += len(frame.body)
        oldest = frame.made_at - REPLAY_S
        while self._replay and (self._replay[0].made_at < oldest or self._replay_bytes > REPLAY_BYTES):
            gone = self._replay.popleft()
            self._replay_bytes -= len(gone.body)
            self._forgotten = gone.number

    def join(self, last_event_id: str | None) -> Subscriber:
        """A new subscriber, with the boards and the events it has not seen already in its queue.

        Where `last_event_id` is not ours or too old, it is told so by a `reset` and gets the latest frames.
        """
        subscriber = Subscriber()
        now = time.monotonic()
        for made_at, body in self._boards.values():
            if now - made_at < BOARD_KEEP_S:
                subscriber.put(body)
        missing = self._after(last_event_id)
        if missing is None:
            if last_event_id:
                subscriber.put(message("reset", {"reason": "the stream was interrupted for too long"}))
            missing = self._recent()
        if missing:
            subscriber.put(b"".join(frame.body for frame in missing))
        self._subscribers.add(subscriber)
        self.idle_since = None
        self.woken.set()
        return subscriber

    def _recent(self) -> list[Frame]:
        """The newest frames of events that fit into `RECENT_BYTES`, and one at least."""
        recent: list[Frame] = []
        size = 0
        for frame in reversed(self._replay):
            size += len(frame.body)
            if recent and size > RECENT_BYTES:
                break
            recent.append(frame)
        return recent[::-1]

    def _after(self, last_event_id: str | None) -> list[Frame] | None:
        """Kept frames after this id; None where one after it is kept no longer."""
        epoch, _, number = (last_event_id or "").partition("-")
        if epoch != self.epoch or not number.isdecimal() or int(number) < self._forgotten:
            return None
        return [frame for frame in self._replay if frame.number > int(number)]

    def forget(self) -> None:
        """Drops the kept frames: there is a gap after them, because nobody was polling."""
        self._replay.clear()
        self._replay_bytes = 0
        self._forgotten = self._number

    def leave(self, subscriber: Subscriber) -> None:
        """Forgets a subscriber whose page is closed."""
        self._subscribers.discard(subscriber)
        if not self._subscribers:
            self.idle_since = time.monotonic()
            self.woken.clear()


def message(kind: str, value: Any, number: str | None = None) -> bytes:
    """One SSE message; JSON holds no line breaks, so the data is one line."""
    head = f"id: {number}\nevent: {kind}\n" if number else f"event: {kind}\n"
    return head.encode() + b"data: " + to_json(value) + b"\n\n"
