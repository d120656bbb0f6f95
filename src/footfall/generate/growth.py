"""How busy the shop is: densities that grow until they meet the stream's rate at the end.

The brief asks for few events over many days (300,000 over 90 days: one in 26 s) and for a stream of 100 a
second. Both are true of a shop that grows steeply. The density of events at an age `a` before the end is

    rate × (LAUNCH / (1 + (a / tau)²) + (1 - LAUNCH) / sqrt(1 + (a / tau)²)) × busyness

The first term is the launch: the rate of the stream for the last few minutes, half of it after `tau`
(a quarter of an hour by default). The second is the long growth that led to it, falling as 1/a, alike at
each scale: hour by hour near the end, month by month at the beginning. `tau` is solved so that the density
adds up to what was asked for. Orders have a density of the same form over their own span, so that every
chart leads up to the stream without a cliff. Busyness (day and night, week, holidays) fades out over the
last hours, because the stream's rate knows no night.

A history of less than `RAMP_EVENTS_S` seconds of the stream ends at a lower rate (its launch would be a
burst otherwise); one with more than the stream's rate over its whole span is flat. A `level` plan is flat at
any size, as an ordinary shop's history is: busyness alone, and no stream that it meets.

Of each moment's events, some belong to sessions that end in an order and the rest to those that do not.
The fewer events there are for each order, the more buyers take the express way (`sessions`), because the
full one does not fit: the brief's stream has one purchase in five events, its history one in ten, so
conversion is high there whatever one does (about every second session beside the stream, every third
before it). With one order in 120 events (`--orders 2500`) it is the 2 % of an ordinary shop.
"""

from dataclasses import dataclass

import numpy as np

from footfall.generate.calendar import Calendar
from footfall.generate.columns import F64, I64
from footfall.generate.plan import Plan
from footfall.generate.visits import (
    BROWSE_EVENTS,
    BROWSE_LEAD_MS,
    EXPRESS_EVENTS,
    EXPRESS_LEAD_MS,
    FULL_EVENTS,
    FULL_LEAD_MS,
    HORIZON_MS,
)

STREAM_EVENTS_PER_S = 100.0
STREAM_ORDERS_PER_S = 20.0
RAMP_EVENTS_S = 3_000  # what is asked for / this = the highest rate at the end
RAMP_ORDERS_S = 1_500
LAUNCH = 0.85
LEAST_FULL = 0.06  # of the buyers, who take the full way in any case
BUYERS_SHARE = 0.55  # of the events, where there are enough of them

_COARSE_MS = 600_000
_FINE_MS = 5_000
_FINE_SPAN_MS = 86_400_000
_FADE_MS = 6 * 3_600_000


@dataclass(frozen=True, slots=True)
class Curve:
    """How many things have happened by each time (ms)."""

    at: F64
    sums: F64

    def by(self, at: float) -> float:
        """How many have happened by a time."""
        return float(np.interp(at, self.at, self.sums))

    def when(self, number: F64) -> I64:
        """The times at which so many have happened."""
        return np.interp(number, self.sums, self.at).astype(np.int64)


class Growth:
    """The densities of one plan."""

    def __init__(self, plan: Plan, calendar: Calendar) -> None:
        start = min(plan.events_from_ms, plan.orders_from_ms)
        end = plan.until_ms
        self.at = _grid(start, end)
        busyness = calendar.busyness(self.at)
        if plan.level:
            events = _level(self.at, plan.events_from_ms, end, plan.events, busyness)
            orders = _level(self.at, plan.orders_from_ms, end, plan.orders, busyness)
        else:
            events = _density(
                self.at, plan.events_from_ms, end, plan.events, STREAM_EVENTS_PER_S, RAMP_EVENTS_S, busyness
            )
            orders = _density(
                self.at, plan.orders_from_ms, end, plan.orders, STREAM_ORDERS_PER_S, RAMP_ORDERS_S, busyness
            )
        each = buyer_events(events, orders)
        self._full = (each - EXPRESS_EVENTS) / (FULL_EVENTS - EXPRESS_EVENTS)
        # A session is placed by its last event, and what comes before that stands before it.
        lead = EXPRESS_LEAD_MS + self._full * (FULL_LEAD_MS - EXPRESS_LEAD_MS)
        of_buyers = _shifted(self.at, orders * each, lead)
        browsing = np.maximum(events - of_buyers, 0.0) / BROWSE_EVENTS
        browsing[self.at < plan.events_from_ms] = 0.0
        self.events = _curve(self.at, events)
        self.orders = _curve(self.at, orders)
        self.browsing = _curve(self.at, _shifted(self.at, browsing, -BROWSE_LEAD_MS))

    def full_share(self, at: I64) -> F64:
        """The share of buyers at each time who take the full way to their order."""
        return np.interp(at, self.at, self._full)


def buyer_events(events: F64, orders: F64) -> F64:
    """Events that a session with an order has on the average, where so many of both happen."""
    least = EXPRESS_EVENTS + LEAST_FULL * (FULL_EVENTS - EXPRESS_EVENTS)
    return np.clip(BUYERS_SHARE * events / np.maximum(orders, 1e-12), least, FULL_EVENTS)


def _grid(start: int, end: int) -> F64:
    """Times from the start to the horizon beyond the end: ten minutes apart, five seconds in the last day."""
    fine_from = max(start, end - _FINE_SPAN_MS)
    return np.concatenate(
        [
            np.arange(start, fine_from, _COARSE_MS, dtype=np.float64),
            np.arange(fine_from, end, _FINE_MS, dtype=np.float64),
            np.arange(end, end + HORIZON_MS + _FINE_MS, _FINE_MS, dtype=np.float64),
        ]
    )


def _level(at: F64, start: int, end: int, wanted: int, busyness: F64) -> F64:
    """Things a second at each time, `wanted` in all from the start to the end: as the calendar has it."""
    density = np.where(at >= start, busyness, 0.0)
    past = at <= end
    return density * (wanted * 1000 / np.trapezoid(density[past], at[past]))


def _density(
    at: F64, start: int, end: int, wanted: int, stream_rate: float, ramp_s: int, busyness: F64
) -> F64:
    """Things a second at each time, `wanted` in all from the start to the end."""
    if wanted == 0:
        return np.zeros_like(at)
    age = np.maximum(end - at, 0.0)
    season = 1.0 + (busyness - 1.0) * -np.expm1(-((age / _FADE_MS) ** 2))
    inside = np.where(at >= start, season, 0.0)
    past = at <= end
    rate = max(min(stream_rate, wanted / ramp_s), wanted / (max(end - start, 1000) / 1000))

    def density(tau: float) -> F64:
        age_2 = 1.0 + (age / tau) ** 2
        return np.asarray(rate * inside * (LAUNCH / age_2 + (1.0 - LAUNCH) / np.sqrt(age_2)))

    def total(tau: float) -> float:
        return float(np.trapezoid(density(tau)[past], at[past])) / 1000

    low, high = 1.0, 1e15
    for _ in range(100):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if total(middle) < wanted else (low, middle)
    return np.asarray(density(high) * (wanted / total(high)))


def _shifted(at: F64, density: F64, by_ms: float | F64) -> F64:
    """The density of `by_ms` later."""
    return np.interp(at + by_ms, at, density)


def _curve(at: F64, density: F64) -> Curve:
    steps = np.diff(at) * (density[1:] + density[:-1]) / 2000
    return Curve(at, np.concatenate([[0.0], np.cumsum(steps)]))
