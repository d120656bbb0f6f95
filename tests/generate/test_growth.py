"""The shop grows up to the stream's rate, without a cliff."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from footfall.errors import UsageError
from footfall.generate.calendar import Calendar, _black_friday
from footfall.generate.columns import COMPLETED, rng
from footfall.generate.growth import STREAM_EVENTS_PER_S, STREAM_ORDERS_PER_S
from footfall.generate.places import PLACES
from footfall.generate.plan import DAY_MS, Plan
from tests.generate import plans
from tests.generate.plans import UNTIL

PLAN = Plan.of(until=UNTIL)
EVENTS, LEDGER = plans.rows(PLAN)
EVENT_AGES_S = (PLAN.until_ms - EVENTS.at) / 1000
ORDER_AGES_S = (PLAN.until_ms - LEDGER.at[(LEDGER.status == COMPLETED) & (LEDGER.line == 1)]) / 1000


def a_second(ages_s: np.ndarray, older_s: float, younger_s: float) -> float:
    return int(((ages_s < older_s) & (ages_s >= younger_s)).sum()) / (older_s - younger_s)


def test_the_history_is_about_as_large_as_asked_for() -> None:
    assert len(EVENTS) == pytest.approx(PLAN.events, rel=0.03)
    assert len(ORDER_AGES_S) == pytest.approx(PLAN.orders, rel=0.01)


def test_the_last_minutes_meet_the_stream() -> None:
    assert a_second(EVENT_AGES_S, 180, 0) == pytest.approx(STREAM_EVENTS_PER_S, rel=0.08)
    assert a_second(ORDER_AGES_S, 60, 0) == pytest.approx(STREAM_ORDERS_PER_S, rel=0.08)


@pytest.mark.parametrize("ages", [EVENT_AGES_S, ORDER_AGES_S], ids=["events", "orders"])
def test_no_minute_of_the_last_half_hour_stands_beside_one_that_is_much_lower(ages: np.ndarray) -> None:
    minutes = np.histogram(ages, np.arange(0, 31 * 60, 60))[0]
    steps = minutes[:-1] / minutes[1:]
    assert steps.max() < 1.25
    assert steps.min() > 0.8


def test_earlier_hours_and_days_grow_steadily() -> None:
    hours = np.histogram(EVENT_AGES_S, np.arange(3600, 25 * 3600, 3600))[0]
    assert (hours[:-1] / hours[1:]).max() < 4
    weeks = np.histogram(EVENT_AGES_S, np.arange(7, 91, 7) * 86_400)[0]
    assert weeks.min() > 0
    assert (weeks[:-1] / weeks[1:]).max() < 2.5


def test_purchases_are_there_for_the_orders_of_the_events_days() -> None:
    months = np.histogram(ORDER_AGES_S, np.arange(0, 13) * 30 * 86_400)[0]
    assert months.min() > 50


def test_the_first_and_last_days_are_the_ones_asked_for() -> None:
    today = PLAN.until_ms // DAY_MS
    assert (EVENTS.at // DAY_MS).min() == today - 89
    assert (LEDGER.at // DAY_MS).min() == today - 364
    assert EVENTS.at.max() <= PLAN.until_ms
    assert LEDGER.at.max() <= PLAN.until_ms


def test_a_level_history_is_as_busy_in_each_third() -> None:
    plan = Plan.of(events=90_000, orders=9_000, until=UNTIL, level=True)
    events, ledger = plans.rows(plan)
    assert len(events) == pytest.approx(plan.events, rel=0.05)
    ages_d = (plan.until_ms - events.at) / DAY_MS
    thirds = np.histogram(ages_d, [0, 30, 60, 90])[0]
    assert thirds.max() / thirds.min() < 1.3
    completed = ledger.at[(ledger.status == COMPLETED) & (ledger.line == 1)]
    quarters = np.histogram((plan.until_ms - completed) / DAY_MS, [0, 91, 182, 273, 365])[0]
    assert quarters.max() / quarters.min() < 1.6, "but for the season"
    assert " --level" in plan.command()
    assert Plan.from_json(plan.to_json()) == plan


def test_a_small_history_ends_in_no_burst() -> None:
    events, _ = plans.rows(plans.small())
    ages = (plans.small().until_ms - events.at) / 1000
    assert len(events) == pytest.approx(4_000, rel=0.1)
    assert a_second(ages, 300, 0) < 2


def test_so_many_orders_in_so_few_events_are_refused() -> None:
    with pytest.raises(UsageError, match="at most 250"):
        Plan.of(events=1_000, orders=251)


def test_a_history_in_the_future_is_refused() -> None:
    with pytest.raises(UsageError, match="future"):
        Plan.of(until=datetime.now(UTC) + timedelta(hours=1))


def test_black_friday_is_the_day_after_the_fourth_thursday() -> None:
    assert [_black_friday(year) for year in (2024, 2025, 2026)] == [
        date(2024, 11, 29),
        date(2025, 11, 28),
        date(2026, 11, 27),
    ]


def test_the_shop_is_busier_on_black_friday_than_on_christmas_day() -> None:
    start = _ms(2025, 11, 1)
    calendar = Calendar(start, _ms(2026, 1, 5))
    busiest = [
        _mean_busyness(calendar, day) for day in (_ms(2025, 11, 28), _ms(2025, 11, 4), _ms(2025, 12, 25))
    ]
    assert busiest == sorted(busiest, reverse=True)


def test_shoppers_are_awake_where_it_is_day() -> None:
    calendar = Calendar(_ms(2026, 3, 2), _ms(2026, 3, 9))
    night_in_europe = _share(calendar, "DE", _ms(2026, 3, 4, 3))
    evening_in_europe = _share(calendar, "DE", _ms(2026, 3, 4, 19))
    assert evening_in_europe > 4 * night_in_europe
    assert _share(calendar, "JP", _ms(2026, 3, 4, 11)) > _share(calendar, "JP", _ms(2026, 3, 4, 19))


def _ms(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp() * 1000)


def _mean_busyness(calendar: Calendar, midnight: int) -> float:
    hours = np.arange(24, dtype=np.float64) * 3_600_000 + midnight + 1_800_000
    return float(calendar.busyness(hours).mean())


def _share(calendar: Calendar, code: str, at: int) -> float:
    places = calendar.places_at(np.full(20_000, at), rng(1).random(20_000))
    number = [place.code for place in PLACES].index(code)
    return float((places == number).mean())
