"""The poller sends each event once, counts all, and samples fairly."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from footfall.live.poller import Seen, spread

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def row(number: int, second: float = 0) -> dict[str, Any]:
    return {"event_id": str(number), "ingested_at": NOON + timedelta(seconds=second)}


def test_overlapping_looks_give_each_row_once_and_the_oldest_first() -> None:
    seen = Seen()
    assert [r["event_id"] for r in seen.new_rows([row(2), row(1)])] == ["1", "2"]
    assert [r["event_id"] for r in seen.new_rows([row(4), row(2), row(3), row(1)])] == ["3", "4"]


def test_rows_that_become_visible_late_are_counted() -> None:
    seen = Seen()
    assert seen.new_count([{"second": NOON, "events": 5}]) == 5
    later = NOON + timedelta(seconds=1)
    assert seen.new_count([{"second": NOON, "events": 7}, {"second": later, "events": 3}]) == 5
    assert seen.new_count([{"second": NOON, "events": 7}, {"second": later, "events": 3}]) == 0


def test_what_no_look_can_bring_again_is_forgotten() -> None:
    seen = Seen()
    seen.new_rows([row(1, 0), row(2, 10)])
    seen.forget_before(NOON + timedelta(seconds=5))
    assert [r["event_id"] for r in seen.new_rows([row(2, 10), row(1, 0)])] == ["1"]


@given(st.integers(0, 500), st.integers(1, 120))
def test_a_sample_is_spread_over_all_and_ends_with_the_newest(size: int, limit: int) -> None:
    rows = [row(number) for number in range(size)]
    sample = [int(r["event_id"]) for r in spread(rows, limit)]
    assert len(sample) == min(size, limit)
    assert sample == sorted(set(sample))
    if sample:
        assert sample[-1] == size - 1
        gaps = [b - a for a, b in itertools.pairwise(sample)]
        assert not gaps or max(gaps) - min(gaps) <= 1
