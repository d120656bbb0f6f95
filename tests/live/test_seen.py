"""Each event is taken once and all are counted, however late, in whatever order and numbers they are seen."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from footfall.live.seen import Seen

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def row(number: int, second: float = 0) -> dict[str, Any]:
    return {"event_id": str(number), "ingested_at": NOON + timedelta(seconds=second)}


def counted(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the store counts rows by second."""
    seconds = [r["ingested_at"].replace(microsecond=0) for r in rows]
    return [{"second": second, "events": seconds.count(second)} for second in sorted(set(seconds))]


def look(
    seen: Seen, visible: Sequence[dict[str, Any]], read: Sequence[dict[str, Any]]
) -> tuple[list[str], int]:
    """A look that counts what is visible, and reads some; ids that are new, and how many are."""
    newest_first = sorted(read, key=lambda r: r["ingested_at"], reverse=True)
    new, count = seen.take(newest_first, seen.grown(counted(visible)))
    return [r["event_id"] for r in new], count


def test_overlapping_looks_give_each_row_once_and_the_oldest_first() -> None:
    seen = Seen()
    first = [row(1, 0.1), row(2, 0.2)]
    assert look(seen, first, first) == (["1", "2"], 2)
    both = [*first, row(3, 0.3), row(4, 1)]
    assert look(seen, both, both) == (["3", "4"], 2)
    assert look(seen, both, both) == ([], 0)


def test_a_row_that_became_visible_late_is_new_though_newer_ones_were_told() -> None:
    seen = Seen()
    newer = [row(1, 0.5), row(2, 9)]
    look(seen, newer, newer)
    assert look(seen, [*newer, row(3, 0.1)], [*newer, row(3, 0.1)]) == (["3"], 1)


def test_rows_that_became_visible_after_they_were_counted_are_not_counted_again() -> None:
    seen = Seen()
    assert look(seen, [row(1)], [row(1), row(2, 0.1)]) == (["1", "2"], 2)
    assert look(seen, [row(1), row(2, 0.1)], [row(1), row(2, 0.1)]) == ([], 0)


def test_of_a_second_that_was_not_read_in_full_as_many_are_new_as_came() -> None:
    seen = Seen()
    many = [row(number, number / 10) for number in range(6)]
    assert look(seen, many, many[4:]) == (["4", "5"], 6)
    assert look(seen, [*many, row(6, 0.9)], [*many, row(6, 0.9)]) == (["6"], 1)


def test_what_no_look_can_bring_again_is_forgotten() -> None:
    seen = Seen()
    rows = [row(1, 0), row(2, 10)]
    look(seen, rows, rows)
    seen.forget_before(NOON + timedelta(seconds=5))
    assert look(seen, rows, rows) == (["1"], 1)


def test_it_says_how_many_of_some_seconds_were_told() -> None:
    seen = Seen()
    rows = [row(1, 0), row(2, 3), row(3, 3), row(4, 5)]
    look(seen, rows, rows[3:])
    assert seen.told_between(NOON, NOON + timedelta(seconds=5)) == 3


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40))
def test_every_row_is_new_in_the_look_after_it_became_visible(rows: list[tuple[int, int]]) -> None:
    seen = Seen()
    every = [(row(number, second), at) for number, (second, at) in enumerate(rows)]
    got: list[str] = []
    total = 0
    for now in range(6):
        visible = [r for r, at in every if at <= now]
        ids, count = look(seen, visible, visible)
        got, total = got + ids, total + count
    assert sorted(map(int, got)) == list(range(len(rows)))
    assert total == len(rows)
