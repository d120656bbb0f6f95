"""Frames reach every subscriber once, in order; what a slow one misses is counted; a gap is told."""

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from footfall.live.hub import QUEUE_FRAMES, RECENT_BYTES, Hub, Subscriber


async def take(subscriber: Subscriber) -> list[tuple[str, Any, str | None]]:
    """What is queued, as (kind, value, id)."""
    return parse(await subscriber.next(0.05))


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
        assert numbers(await take(subscriber)) == [0, 1, 2, 3, 4]


async def test_a_new_subscriber_gets_the_latest_frame_of_each_board_and_the_recent_events() -> None:
    hub = Hub()
    hub.publish("cards", {"v": 1})
    hub.publish("cards", {"v": 2})
    for n in range(30):
        hub.publish("events", {"n": n, "text": "x" * (RECENT_BYTES // 4)})
    frames = await take(hub.join(None))
    assert [value for kind, value, _ in frames if kind == "cards"] == [{"v": 2}]
    assert numbers(frames) == [27, 28, 29]


async def test_one_event_frame_is_sent_however_large() -> None:
    hub = Hub()
    hub.publish("events", {"n": 0, "text": "x" * RECENT_BYTES})
    assert numbers(await take(hub.join(None))) == [0]


async def test_last_event_id_brings_exactly_what_was_missed() -> None:
    hub = Hub()
    first = hub.join(None)
    for n in range(3):
        hub.publish("events", {"n": n})
    last_id = (await take(first))[-1][2]
    hub.leave(first)
    hub.publish("cards", {"v": 1})
    for n in range(3, 6):
        hub.publish("events", {"n": n})
    frames = await take(hub.join(last_id))
    assert numbers(frames) == [3, 4, 5]
    assert "reset" not in [kind for kind, _, _ in frames]


async def test_an_id_of_another_process_is_answered_with_a_reset() -> None:
    hub = Hub()
    hub.publish("events", {"n": 0})
    frames = await take(hub.join("0badcafe-7"))
    assert [kind for kind, _, _ in frames] == ["reset", "events"]


async def test_a_gap_in_what_is_kept_is_answered_with_a_reset() -> None:
    hub = Hub()
    subscriber = hub.join(None)
    hub.publish("events", {"n": 0})
    last_id = (await take(subscriber))[-1][2]
    hub.publish("events", {"n": 1})
    hub.forget()
    hub.publish("events", {"n": 2})
    frames = await take(hub.join(last_id))
    assert [kind for kind, _, _ in frames] == ["reset", "events"]
    assert numbers(frames) == [2]


async def test_a_slow_subscriber_loses_its_oldest_frames_and_is_told_how_many() -> None:
    hub = Hub()
    slow, quick = hub.join(None), hub.join(None)
    seen: list[int] = []
    for n in range(QUEUE_FRAMES + 10):
        hub.publish("events", {"n": n})
        seen += numbers(await take(quick))
    frames = await take(slow)
    assert frames[0][:2] == ("missed", {"frames": 10})
    assert numbers(frames) == list(range(10, QUEUE_FRAMES + 10))
    assert seen == list(range(QUEUE_FRAMES + 10))


async def test_silence_ends_after_the_patience_that_is_given() -> None:
    assert await Hub().join(None).next(0.01) == b""


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

        async def drain() -> None:
            nonlocal last_id
            for kind, value, number in parse(await subscriber.next(0)):
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
                await drain()
                hub.leave(subscriber)
                subscriber = hub.join(last_id)
        await drain()
        assert got == list(range(sent))

    asyncio.run(play())
