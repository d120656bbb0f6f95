"""Fans frames out to subscribers.

A frame is encoded once, whatever the number of subscribers, and written to their connections `AT_ONCE` at a
time, so that other requests come in between; boards wait up to `BOARDS_WAIT_S` for others to go with them,
events for nobody. Each subscriber has a bounded queue: while its connection takes nothing, frames wait there,
and where it is full the oldest is dropped and counted, and the subscriber is told how many it missed; nobody
else waits for it. Frames of events are kept for `REPLAY_S` seconds, so that a page that reconnects with
`Last-Event-ID` gets what it missed, without a gap or a repeat; of each board only the latest frame counts,
and every new subscriber gets it where it is not old. Who hears nothing for `HEARTBEAT_S` gets a comment.
"""

import asyncio
import re
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from footfall.query.encode import to_json

QUEUE_FRAMES: Final = 256
REPLAY_S: Final = 300.0
REPLAY_BYTES: Final = 32 << 20
RECENT_BYTES: Final = 48 << 10  # of events, for a page that has none yet
BOARD_KEEP_S: Final = 30.0
BOARDS_WAIT_S: Final = 0.2
HEARTBEAT_S: Final = 15.0
AT_ONCE: Final = 50
EVENTS: Final = "events"
HEARTBEAT: Final = b": heartbeat\n\n"
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Frame:
    """One SSE message of events: its number, its bytes, and when it was made (monotonic seconds)."""

    number: int
    body: bytes
    made_at: float


class Connection(Protocol):
    """Where a subscriber's frames go."""

    def has_room(self) -> bool:
        """Whether what was written before is mostly gone."""

    def write(self, frames: Sequence[bytes]) -> None:
        """Sends, without waiting; frames are shared with other connections and not copied."""


class Subscriber:
    """A bounded queue of frames for one open page, and the page's connection once it is there."""

    def __init__(self, limit: int = QUEUE_FRAMES) -> None:
        self._frames: deque[bytes] = deque()
        self._limit = limit
        self._connection: Connection | None = None
        self.missed = 0

    def put(self, body: bytes) -> bool:
        """Queues a frame; at the bound the oldest one makes room and is missed. Answers whether one was."""
        full = len(self._frames) >= self._limit
        if full:
            self._frames.popleft()
            self.missed += 1
        self._frames.append(body)
        return full

    def take(self) -> list[bytes]:
        """What is queued, after how many frames were missed."""
        frames = list(self._frames)
        self._frames.clear()
        if self.missed:
            frames.insert(0, message("missed", {"frames": self.missed}))
            self.missed = 0
        return frames

    def connect(self, connection: Connection) -> None:
        """From now on frames go to this connection."""
        self._connection = connection
        self.flush()

    def flush(self) -> None:
        """Sends what is queued, where the connection takes it."""
        if self._frames and self._connection is not None and self._connection.has_room():
            self._connection.write(self.take())


class Hub:
    """Subscribers, what they may still ask for, and the boards' latest frames. One a process."""

    def __init__(self) -> None:
        self.epoch: Final = secrets.token_hex(4)
        self.idle_since: float | None = time.monotonic()
        self.woken = asyncio.Event()
        self._waiting = asyncio.Event()
        self._urgent = asyncio.Event()
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
        """Queues a frame for every subscriber, and keeps it for those who come later."""
        if kind == EVENTS:  # the only ones that are resumed, so the only ones with an id
            self._number += 1
            body = message(kind, value, f"{self.epoch}-{self._number}")
            self._keep(Frame(self._number, body, time.monotonic()))
        else:
            body = message(kind, value)
            self._boards[kind] = time.monotonic(), body
        self._put(body, urgent=kind == EVENTS)

    def _put(self, body: bytes, *, urgent: bool) -> None:
        self.missed_frames += sum([subscriber.put(body) for subscriber in self._subscribers])
        self._waiting.set()
        if urgent:
            self._urgent.set()

    async def run_forever(self) -> None:
        """Sends what is queued until it is cancelled."""
        while True:
            if not await _set_within(self._waiting, HEARTBEAT_S):
                self._put(HEARTBEAT, urgent=True)
            await _set_within(self._urgent, BOARDS_WAIT_S)
            self._waiting.clear()
            self._urgent.clear()
            subscribers = list(self._subscribers)
            for start in range(0, len(subscribers), AT_ONCE):
                for subscriber in subscribers[start : start + AT_ONCE]:
                    subscriber.flush()
                await asyncio.sleep(0)

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
        for made_at, body in sorted(self._boards.values()):
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
        if epoch != self.epoch or not _NUMBER.fullmatch(number) or int(number) < self._forgotten:
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


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def message(kind: str, value: Any, number: str | None = None) -> bytes:
    """One SSE message; JSON holds no line breaks, so the data is one line."""
    head = f"id: {number}\nevent: {kind}\n" if number else f"event: {kind}\n"
    return head.encode() + b"data: " + to_json(value) + b"\n\n"
