"""Frames reach every subscriber once, in order; what a slow one misses is counted; a gap is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.live.hub import AT_ONCE, HEARTBEAT, QUEUE_FRAMES, Hub, Subscriber
from footfall.live.replay import RECENT_BYTES


def take(subscriber: Subscriber) -> list[tuple[str, Any, str | None]]:
    """What is queued, as (kind, value, id)."""
    return parse(b"".join(subscriber.take()))


def parse(text: bytes) -> list[tuple[str, Any, str | None]]:
    frames = []
    for block in text.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        frames.append((fields["event"], json.loads(fields["data"]), fields.get("id")))
    return frames


def numbers(frames: list[tuple[str, Any, str | None]]) -> list[int]:
    return [value["n"] for kind, value, _ in frames if kind == "events"]


async def test_every_subscriber_gets_each_frame_in_order() -> None:
    hub = Hub()
    subscribers = [hub.join(None) for _ in range(3)]
    for n in range(5):
        hub.publish("events", {"n": n})
    for subscriber in subscribers:
        assert numbers(take(subscriber)) == [0, 1, 2, 3, 4]


async def test_a_new_subscriber_gets_the_latest_frame_of_each_board_and_the_recent_events() -> None:
    hub = Hub()
    hub.publish("cards", {"v": 1})
    hub.publish("cards", {"v": 2})
    for n in range(30):
        hub.publish("events", {"n": n, "text": "x" * (RECENT_BYTES // 4)})
    frames = take(hub.join(None))
    assert [value for kind, value, _ in frames if kind == "cards"] == [{"v": 2}]
    assert numbers(frames) == [27, 28, 29]


async def test_one_event_frame_is_sent_however_large() -> None:
    hub = Hub()
    hub.publish("events", {"n": 0, "text": "x" * RECENT_BYTES})
    assert numbers(take(hub.join(None))) == [0]


async def test_last_event_id_brings_exactly_what_was_missed() -> None:
    hub = Hub()
    first = hub.join(None)
    for n in range(3):
        hub.publish("events", {"n": n})
    last_id = take(first)[-1][2]
    hub.leave(first)
    hub.publish("cards", {"v": 1})
    for n in range(3, 6):
        hub.publish("events", {"n": n})
    frames = take(hub.join(last_id))
    assert numbers(frames) == [3, 4, 5]
    assert "reset" not in [kind for kind, _, _ in frames]


async def test_an_id_of_another_process_is_answered_with_a_reset() -> None:
    hub = Hub()
    hub.publish("events", {"n": 0})
    for last in ("0badcafe-7", f"{hub.epoch}-{'1' * 5000}", f"{hub.epoch}-٧"):
        frames = take(hub.join(last))
        assert [kind for kind, _, _ in frames] == ["reset", "events"]


async def test_a_gap_in_what_is_kept_is_answered_with_a_reset() -> None:
    hub = Hub()
    subscriber = hub.join(None)
    hub.publish("events", {"n": 0})
    last_id = take(subscriber)[-1][2]
    hub.publish("events", {"n": 1})
    hub.forget()
    hub.publish("events", {"n": 2})
    frames = take(hub.join(last_id))
    assert [kind for kind, _, _ in frames] == ["reset", "events"]
    assert numbers(frames) == [2]


async def test_five_minutes_are_resumed_and_of_what_is_older_the_gap_is_told() -> None:
    now = 1000.0
    hub = Hub(clock=lambda: now)
    page = hub.join(None)
    hub.publish("events", {"n": 0})
    last_id = take(page)[-1][2]
    hub.leave(page)
    for n in range(1, 300):
        now += 1
        hub.publish("events", {"n": n})
    frames = take(hub.join(last_id))  # of 4:59 ago
    assert numbers(frames) == list(range(1, 300))
    assert "reset" not in [kind for kind, _, _ in frames]
    now += 3
    hub.publish("events", {"n": 300})
    frames = take(hub.join(last_id))  # what came after it is of 5:01 ago
    assert frames[0][0] == "reset"
    assert 1 not in numbers(frames)


async def test_a_slow_subscriber_loses_its_oldest_frames_and_is_told_how_many() -> None:
    hub = Hub()
    slow, quick = hub.join(None), hub.join(None)
    seen: list[int] = []
    for n in range(QUEUE_FRAMES + 10):
        hub.publish("events", {"n": n})
        seen += numbers(take(quick))
    frames = take(slow)
    assert frames[0][:2] == ("missed", {"frames": 10})
    assert numbers(frames) == list(range(10, QUEUE_FRAMES + 10))
    assert seen == list(range(QUEUE_FRAMES + 10))


class Page:
    """A connection that takes what it is sent while it is open."""

    def __init__(self, *, room: bool = True) -> None:
        self.room = room
        self.got = b""
        self.writes = 0
        self.heard = asyncio.Event()

    def has_room(self) -> bool:
        return self.room

    def write(self, frames: Sequence[bytes]) -> None:
        self.got += b"".join(frames)
        self.writes += 1
        self.heard.set()

    async def hear(self) -> None:
        """Returns once something has been written after the last time."""
        await self.heard.wait()
        self.heard.clear()


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub that sends."""
    hub = Hub()
    sending = asyncio.create_task(hub.run_forever())
    yield hub
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_frames_are_written_to_every_connection_and_boards_go_together(hub: Hub) -> None:
    pages = [Page() for _ in range(AT_ONCE * 2 + 1)]
    for page in pages:
        hub.join(None).connect(page)
    for v in range(3):
        hub.publish(f"board{v}", {"v": v})
    hub.publish("events", {"n": 0})
    hub.publish("board3", {"v": 3})
    await asyncio.gather(*(page.hear() for page in pages))
    for page in pages:
        assert [kind for kind, _, _ in parse(page.got)] == ["board0", "board1", "board2", "events", "board3"]
        assert page.writes == 1
    hub.publish("board4", {"v": 4})
    await asyncio.gather(*(page.hear() for page in pages))
    assert {page.writes for page in pages} == {2}


async def test_who_does_not_read_holds_up_nobody_and_catches_up(hub: Hub) -> None:
    slow, quick = Page(room=False), Page()
    for page in (slow, quick):
        hub.join(None).connect(page)
    for n in range(QUEUE_FRAMES + 10):
        hub.publish("events", {"n": n})
        await quick.hear()
    assert slow.got == b"" and hub.missed_frames == 10
    slow.room = True
    hub.publish("events", {"n": QUEUE_FRAMES + 10})
    await slow.hear()
    frames = parse(slow.got)
    assert frames[0][:2] == ("missed", {"frames": 11})
    assert numbers(frames) == list(range(11, QUEUE_FRAMES + 11))
    assert numbers(parse(quick.got)) == list(range(QUEUE_FRAMES + 11))


async def test_what_comes_while_a_page_connects_waits_for_it(hub: Hub) -> None:
    page, other = Page(), Page()
    subscriber = hub.join(None)
    hub.join(None).connect(other)
    hub.publish("events", {"n": 0})
    await other.hear()
    subscriber.connect(page)
    assert numbers(parse(page.got)) == [0]


async def test_who_hears_nothing_gets_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("footfall.live.hub.HEARTBEAT_S", 0.01)
    hub, page = Hub(), Page()
    hub.join(None).connect(page)
    sending = asyncio.create_task(hub.run_forever())
    await page.hear()
    assert page.got == HEARTBEAT
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_the_hub_wakes_for_the_first_subscriber_and_rests_after_the_last() -> None:
    hub = Hub()
    assert not hub.woken.is_set()
    subscriber = hub.join(None)
    assert hub.woken.is_set() and hub.idle_since is None and hub.subscribers == 1
    hub.leave(subscriber)
    assert not hub.woken.is_set() and hub.idle_since is not None and hub.subscribers == 0


@given(st.lists(st.sampled_from(["event", "board", "reconnect"]), max_size=60))
def test_reconnecting_at_any_time_neither_loses_nor_repeats_an_event(steps: list[str]) -> None:
    async def play() -> None:
        hub = Hub()
        subscriber = hub.join(None)
        last_id: str | None = None
        got: list[int] = []
        sent = 0

        def drain() -> None:
            nonlocal last_id
            for kind, value, number in parse(b"".join(subscriber.take())):
                last_id = number or last_id
                if kind == "events":
                    got.append(value["n"])

        for step in steps:
            if step == "event":
                hub.publish("events", {"n": sent})
                sent += 1
            elif step == "board":
                hub.publish("cards", {"v": sent})
            else:
                drain()
                hub.leave(subscriber)
                subscriber = hub.join(last_id)
        drain()
        assert got == list(range(sent))

    asyncio.run(play())
