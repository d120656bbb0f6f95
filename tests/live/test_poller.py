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


def test_seconds_with_rows_that_became_visible_late_have_grown() -> None:
    seen = Seen()
    first = [{"second": NOON, "events": 5}]
    assert seen.grown(first) == seen.grown(first) == {NOON: 5}, "until it is told"
    seen.told(first)
    later = NOON + timedelta(seconds=1)
    both = [{"second": NOON, "events": 7}, {"second": later, "events": 3}]
    assert seen.grown(both) == {NOON: 2, later: 3}
    seen.told(both)
    assert seen.grown(both) == {}
    assert seen.grown([{"second": later, "events": 4}]) == {later: 1}


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
