"""Clients' clocks: corrected where they are plainly wrong, and never to the worse."""

from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.ingest.clock import LATENCY_MS, corrected
from footfall.ingest.validate import Validator
from tests.ingest.make import DAY_MS, NOW_MS, RULES, code, sender

HOUR_MS = 3_600_000
OLDEST = NOW_MS - 90 * DAY_MS


def test_a_clock_that_is_wrong_is_set_right_by_when_it_says_it_sent() -> None:
    for skew in (HOUR_MS, -HOUR_MS, -11_000, 40 * DAY_MS, -60 * 365 * DAY_MS // 2):
        sent = NOW_MS + skew
        assert corrected(sent - 5_000, sent, NOW_MS, OLDEST) == NOW_MS - 5_000


def test_what_waited_on_the_client_stays_when_it_happened() -> None:
    assert corrected(NOW_MS - 3 * DAY_MS, NOW_MS - 200, NOW_MS, OLDEST) == NOW_MS - 3 * DAY_MS


def test_the_time_that_a_request_takes_is_no_wrong_clock() -> None:
    for late in (0, 1, 900, LATENCY_MS):
        assert corrected(NOW_MS - 20_000, NOW_MS - late, NOW_MS, OLDEST) == NOW_MS - 20_000


def test_a_sending_time_of_another_clock_moves_nothing() -> None:
    for sent in (None, 0, 1, NOW_MS - 30 * DAY_MS, NOW_MS + 200 * DAY_MS):
        assert corrected(NOW_MS - 1_000, sent, NOW_MS, OLDEST) == NOW_MS - 1_000


@settings(deadline=None)
@given(at=st.integers(OLDEST, NOW_MS), sent=st.integers(0, 2 * NOW_MS) | st.integers(NOW_MS - 60_000, NOW_MS))
def test_what_can_be_kept_stays_so(at: int, sent: int) -> None:
    """No sending time makes a time that is good one that is refused."""
    moved = corrected(at, sent, NOW_MS, OLDEST)
    assert OLDEST <= moved <= NOW_MS + LATENCY_MS


@settings(deadline=None)
@given(st.lists(st.integers(0, 30 * DAY_MS), min_size=2), st.integers(-60 * DAY_MS, 60 * DAY_MS))
def test_the_order_of_a_request_s_times_stays(ages: list[int], skew: int) -> None:
    sent = NOW_MS + skew
    times = [sent - age for age in sorted(ages, reverse=True)]
    moved = [corrected(at, sent, NOW_MS) for at in times]
    assert moved == sorted(moved)


def test_items_of_our_own_are_corrected_too_and_keep_their_ids() -> None:
    ahead = sender()._replace(sent_ms=NOW_MS + HOUR_MS)
    event = f'{{"event_type": "x", "event_timestamp": {NOW_MS + HOUR_MS - 700}}}'.encode()
    (entries,), errors, _ = Validator("events", ahead, RULES).validate([event], 0)
    assert not errors
    assert entries[0].row[2] == NOW_MS - 700
    assert code("events", event) == "in_future"
    order = (
        f'{{"order_id": "o", "status": "completed", "product_id": "A", "quantity": 1, "unit_price": 1,'
        f' "order_timestamp": {NOW_MS - HOUR_MS}}}'
    ).encode()
    keys = {
        Validator("orders", sender()._replace(sent_ms=sent), RULES).validate([order], 0)[0][0][0].key
        for sent in (None, NOW_MS - HOUR_MS, NOW_MS + HOUR_MS)
    }
    assert len(keys) == 1, "a retry at another time is the same change"
