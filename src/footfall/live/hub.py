"""Fans frames out to subscribers.

A frame is encoded once, whatever the number of subscribers, and written to their connections `AT_ONCE` at a
time, so that other requests come in between; boards wait up to `BOARDS_WAIT_S` for others to go with them,
events for nobody. Each subscriber has a bounded queue: while its connection takes nothing, frames wait there,
and where it is full the oldest is dropped and counted, and the subscriber is told how many it missed; nobody
else waits for it. Frames of events are kept for `REPLAY_S` seconds, so that a page that reconnects with
`Last-Event-ID` gets what it missed, without a gap or a repeat; of each board only the latest frame counts,
and every new subscriber gets it where it is not old. Who hears nothing for `HEARTBEAT_S` gets a comment.

Subscribers who ask for the same events share a channel: one for everything, and at most `FILTERS` others,
each with fewer frames kept (`FILTER_BYTES`).
"""

import asyncio
import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final, Protocol

from footfall.errors import Overloaded
from footfall.live.replay import RECENT_BYTES, REPLAY_S, SEARCHED_BYTES, Frame, Replay
from footfall.live.wanted import EVERYTHING, Wanted
from footfall.query.encode import to_json

QUEUE_FRAMES: Final = 256
REPLAY_BYTES: Final = 48 << 20
FILTERS: Final = 50
FILTER_BYTES: Final = 1 << 20
FIRST_EVENTS: Final = 100  # for a page that asks for some alone
BOARD_KEEP_S: Final = 30.0
BOARDS_WAIT_S: Final = 0.2
HEARTBEAT_S: Final = 15.0
AT_ONCE: Final = 50
EVENTS: Final = "events"
HEARTBEAT: Final = b": heartbeat\n\n"
_NUMBER = re.compile(r"[0-9]{1,18}")


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


@dataclass(slots=True)
class Channel:
    """Subscribers who ask for the same events, and the frames that were sent to them."""

    replay: Replay
    subscribers: set[Subscriber] = field(default_factory=set)
    left_at: float | None = None


class Hub:
    """Subscribers, what they may still ask for, and the boards' latest frames. One a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.epoch: Final = secrets.token_hex(4)
        self.idle_since: float | None = clock()
        self.woken = asyncio.Event()
        self._clock = clock
        self._waiting = asyncio.Event()
        self._urgent = asyncio.Event()
        self.missed_frames = 0
        self._number = 0
        self._channels: dict[Wanted, Channel] = {EVERYTHING: Channel(Replay(REPLAY_BYTES))}
        self._boards: dict[str, tuple[float, bytes]] = {}

    @property
    def subscribers(self) -> int:
        """Number of open pages."""
        return sum(len(channel.subscribers) for channel in self._channels.values())

    def filters(self) -> list[Wanted]:
        """What pages that do not ask for everything ask for, those included that may come back."""
        left = self._clock() - REPLAY_S
        for wanted, channel in list(self._channels.items()):
            if wanted != EVERYTHING and channel.left_at is not None and channel.left_at < left:
                del self._channels[wanted]
        return [wanted for wanted in self._channels if wanted != EVERYTHING]

    def publish(self, kind: str, value: Any, wanted: Wanted = EVERYTHING) -> None:
        """Queues a frame for every subscriber, and keeps it for those who come later.

        A frame of events is for those alone who ask for these; where nobody does any more, it is for nobody.
        """
        if kind != EVENTS:
            body = message(kind, value)
            self._boards[kind] = self._clock(), body
            self._put(body, urgent=False)
        elif channel := self._channels.get(wanted):
            self._number += 1  # these alone are resumed, so these alone have an id
            body = message(kind, value, self._id)
            channel.replay.keep(Frame(self._number, body, self._clock()))
            self._put(body, channel.subscribers, urgent=True)

    @property
    def _id(self) -> str:
        return f"{self.epoch}-{self._number}"

    def _put(self, body: bytes, subscribers: set[Subscriber] | None = None, *, urgent: bool) -> None:
        """Queues a frame for these subscribers, or for all."""
        to = self._everybody() if subscribers is None else subscribers
        self.missed_frames += sum([subscriber.put(body) for subscriber in to])
        self._waiting.set()
        if urgent:
            self._urgent.set()

    def _everybody(self) -> list[Subscriber]:
        return [subscriber for channel in self._channels.values() for subscriber in channel.subscribers]

    async def run_forever(self) -> None:
        """Sends what is queued until it is cancelled."""
        while True:
            if not await _set_within(self._waiting, HEARTBEAT_S):
                self._put(HEARTBEAT, urgent=True)
            await _set_within(self._urgent, BOARDS_WAIT_S)
            self._waiting.clear()
            self._urgent.clear()
            subscribers = self._everybody()
            for start in range(0, len(subscribers), AT_ONCE):
                for subscriber in subscribers[start : start + AT_ONCE]:
                    subscriber.flush()
                await asyncio.sleep(0)

    def join(self, last_event_id: str | None, wanted: Wanted = EVERYTHING) -> Subscriber:
        """A new subscriber, with the boards and the events it has not seen already in its queue.

        Where `last_event_id` is not ours or too old, it is told so by a `reset` and gets the latest frames.
        Raises `Overloaded` where too many different filters are watched.
        """
        channel = self._channel(wanted)
        subscriber = Subscriber()
        now = self._clock()
        for made_at, body in sorted(self._boards.values()):
            if now - made_at < BOARD_KEEP_S:
                subscriber.put(body)
        missing = self._after(channel.replay, last_event_id)
        if missing is None:
            if last_event_id:
                subscriber.put(message("reset", {"reason": "the stream was interrupted for too long"}))
            missing = self._latest(channel.replay, wanted)
        if missing:
            subscriber.put(b"".join(missing))
        channel.subscribers.add(subscriber)
        channel.left_at = None
        self.idle_since = None
        self.woken.set()
        return subscriber

    def _channel(self, wanted: Wanted) -> Channel:
        """The channel of those who ask for this; the one that was left first makes room for a new one."""
        if wanted not in self._channels:
            if len(self.filters()) >= FILTERS:
                left = [
                    (one.left_at, other) for other, one in self._channels.items() if one.left_at is not None
                ]
                if not left:
                    raise Overloaded(f"{FILTERS} different filters of the stream are watched; close one")
                del self._channels[min(left, key=itemgetter(0))[1]]
            self._channels[wanted] = Channel(Replay(FILTER_BYTES, self._number))
        return self._channels[wanted]

    def _after(self, replay: Replay, last_event_id: str | None) -> list[bytes] | None:
        """Kept frames after this id; None where one after it is kept no longer."""
        epoch, _, number = (last_event_id or "").partition("-")
        if epoch != self.epoch or not _NUMBER.fullmatch(number):
            return None
        frames = replay.after(int(number))
        return None if frames is None else [frame.body for frame in frames]

    def _latest(self, replay: Replay, wanted: Wanted) -> list[bytes]:
        """The latest frames; for who asks for some events alone, one frame of those of them that are kept."""
        if wanted == EVERYTHING:
            return [frame.body for frame in replay.recent(RECENT_BYTES)]
        everything = self._channels[EVERYTHING].replay
        frames = [*everything.recent(SEARCHED_BYTES), *replay.recent(SEARCHED_BYTES)]
        found = {
            event["event_id"]: event for frame in frames for event in frame.events if wanted.matches(event)
        }
        events = sorted(found.values(), key=itemgetter("ingested_at"))[-FIRST_EVENTS:]
        value = {"at": datetime.now(UTC), "count": 0, "one_in": 1, "events": events}
        return [message(EVENTS, value, self._id)]

    def forget(self) -> None:
        """Drops the kept frames: there is a gap after them, because nobody was polling."""
        for channel in self._channels.values():
            channel.replay.forget(self._number)

    def leave(self, subscriber: Subscriber) -> None:
        """Forgets a subscriber whose page is closed."""
        for wanted, channel in self._channels.items():
            if subscriber in channel.subscribers:
                channel.subscribers.discard(subscriber)
                if not channel.subscribers and wanted != EVERYTHING:
                    channel.left_at = self._clock()
        if not self.subscribers:
            self.idle_since = self._clock()
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
