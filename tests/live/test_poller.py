"""The poller samples fairly, and its frames of five minutes are always kept."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from footfall.live.hub import REPLAY_BYTES, Hub, message
from footfall.live.poller import (
    FRAME_BYTES,
    PERIOD_S,
    ROWS,
    SAMPLE,
    TEXT,
    cut,
    one_in_so_many,
    sample,
    spread,
)
from footfall.live.replay import REPLAY_S
from tests.live.test_hub import take

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TEXTS = ("external_id", "session_id", "order_id", "page_url", "search_term", "device_type", "browser")


def row(number: int, text: str = "") -> dict[str, Any]:
    """An event as latest_events has it, all texts of which are the same."""
    found = {"event_id": f"{number:036}", "event_type": "page_view", "country": "DE", "revenue": None}
    times = dict.fromkeys(("event_timestamp", "ingested_at"), NOON + timedelta(milliseconds=number))
    return found | times | dict.fromkeys(TEXTS, text) | {"user_id": "1" * 20, "product_id": "2" * 20}


@given(st.integers(0, 500), st.integers(1, 120))
def test_a_sample_is_spread_over_all_and_ends_with_the_newest(size: int, limit: int) -> None:
    rows = [row(number) for number in range(size)]
    picked = [int(r["event_id"]) for r in spread(rows, limit)]
    assert len(picked) == min(size, limit)
    assert picked == sorted(set(picked))
    if picked:
        assert picked[-1] == size - 1
        gaps = [b - a for a, b in itertools.pairwise(picked)]
        assert not gaps or max(gaps) - min(gaps) <= 1


@given(st.integers(0, 10**9))
def test_as_few_are_picked_as_can_be_read_and_no_fewer(events: int) -> None:
    one_in = one_in_so_many(events)
    assert events <= ROWS * one_in
    assert one_in == 1 or events > ROWS * one_in // 2
    assert one_in & (one_in - 1) == 0, "what is picked of more is among what is picked of fewer"


def test_long_texts_are_cut_and_all_else_is_as_it_was() -> None:
    whole, long = row(1, "x" * TEXT), row(1, "x" * (TEXT + 1))
    assert cut(whole) == whole
    assert cut(long) == long | dict.fromkeys(TEXTS, "x" * (TEXT - 1) + "…")


def test_what_shops_send_is_not_cut_to_fit() -> None:
    rows = [row(number, "/shoes/red-running-shoe") for number in range(SAMPLE)]
    assert sample(rows) == rows


@given(
    st.lists(st.sampled_from(["", "/a", "\x01" * 3000, "😀" * 3000, "x" * 3000]), min_size=1, max_size=300)
)
def test_five_minutes_of_frames_are_kept_whatever_is_in_them(texts: list[str]) -> None:
    rows = [cut(row(number, text)) for number, text in enumerate(texts)]
    picked = sample(rows)
    assert picked[-1] == rows[-1]
    value = {"at": NOON, "count": 10**9, "one_in": 1 << 31, "events": picked}
    body = message("events", value, f"{'f' * 8}-{10**12}")
    assert len(body) - FRAME_BYTES < 1024
    frames_of_five_minutes = int(REPLAY_S / PERIOD_S) + 1
    assert (FRAME_BYTES + 1024) * frames_of_five_minutes <= REPLAY_BYTES


def test_the_largest_frames_of_five_minutes_are_resumed_in_full() -> None:
    now = 0.0
    hub = Hub(clock=lambda: now)
    page = hub.join(None)
    events = sample([cut(row(number, "\x01" * 3000)) for number in range(SAMPLE)])
    hub.publish("events", {"count": 0, "events": events})
    first = take(page)[-1][2]
    hub.leave(page)
    frames = int((REPLAY_S - 1) / PERIOD_S)
    for number in range(1, frames + 1):
        now = number * PERIOD_S
        hub.publish("events", {"count": number, "events": events})
    found = [(kind, value["count"]) for kind, value, _ in take(hub.join(first))]
    assert found == [("events", number) for number in range(1, frames + 1)]
