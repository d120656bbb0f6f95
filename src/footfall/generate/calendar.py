"""When people shop: day and night by each place's clock, the week, the holidays.

Two answers for a span of time, hour by hour: how busy the shop is against its average (`busyness`), and
which places its shoppers are from at that hour (`places_at`): the sun moves the mix around the world.
Summer time is right to the day; half-hour zones are rounded to the hour.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from footfall.generate.columns import F64, I64, U8
from footfall.generate.places import PLACES

HOUR_MS: Final = 3_600_000
_EPOCH: Final = date(1970, 1, 1)

# Share of a day's shopping by local hour, from midnight: asleep at four, busiest after supper.
_BY_HOUR: Final = np.array(
    [
        *(0.45, 0.28, 0.18, 0.14, 0.14, 0.20, 0.38, 0.62, 0.86, 1.04, 1.14, 1.20),
        *(1.30, 1.26, 1.18, 1.16, 1.20, 1.30, 1.46, 1.68, 1.82, 1.76, 1.36, 0.86),
    ]
)
_BY_WEEKDAY: Final = np.array([1.02, 0.98, 0.96, 0.98, 0.95, 1.02, 1.12])  # from Monday

# Seasons by month and day, both ends included; where two overlap both count.
_SEASONS: Final = (
    ((1, 2), (1, 14), 1.12),  # January sales
    ((2, 8), (2, 13), 1.15),  # before Valentine's day
    ((7, 10), (8, 20), 0.90),  # summer
    ((8, 24), (9, 6), 1.08),  # back to school
    ((11, 15), (12, 19), 1.25),  # before Christmas
    ((12, 24), (12, 26), 0.70),  # Christmas itself
    ((12, 31), (12, 31), 0.80),
)
_BLACK_FRIDAY: Final = {
    -1: 1.15,
    0: 1.70,
    1: 1.45,
    2: 1.30,
    3: 1.55,
}  # days from the Friday; 3 is Cyber Monday


class Calendar:
    """Hours from `start_ms` to `end_ms`; beyond them the nearest hour stands in."""

    def __init__(self, start_ms: int, end_ms: int) -> None:
        self._first = start_ms // HOUR_MS
        hours = np.arange(self._first, end_ms // HOUR_MS + 2)
        local = hours[:, None] + _offsets(hours)
        weekday = (local // 24 + 3) % 7  # the epoch began on a Thursday
        demand = _BY_HOUR[local % 24] * _BY_WEEKDAY[weekday] * np.array([place.weight for place in PLACES])
        total = demand.sum(axis=1)
        self._mix = np.cumsum(demand / total[:, None], axis=1).astype(np.float32)
        days = hours // 24 - hours[0] // 24
        seasons = np.array([_season(_EPOCH + timedelta(int(day))) for day in np.unique(hours // 24)])
        average = float((_BY_HOUR.mean() * _BY_WEEKDAY.mean()) * sum(place.weight for place in PLACES))
        self._busyness = total / average * seasons[days]
        self._middles = (hours * HOUR_MS + HOUR_MS // 2).astype(np.float64)

    def busyness(self, at: F64) -> F64:
        """How busy the shop is at these times (ms); 1 is an average hour of an average day."""
        return np.asarray(np.interp(at, self._middles, self._busyness), np.float64)

    def places_at(self, at: I64, chance: F64) -> U8:
        """A place for each time (ms), drawn with `chance` in [0, 1) from those who shop at that hour."""
        rows = np.clip(at // HOUR_MS - self._first, 0, len(self._mix) - 1)
        hours, position = np.unique(rows, return_inverse=True)
        # Each hour's shares are lifted by the hour's position, so that one search serves all of them.
        shares = (self._mix[hours].astype(np.float64) + np.arange(len(hours))[:, None]).ravel()
        found = np.searchsorted(shares, chance + position, side="right") - position * len(PLACES)
        return np.asarray(np.clip(found, 0, len(PLACES) - 1), np.uint8)


def _offsets(hours: I64) -> I64:
    """Hours that each place's clock is ahead of UTC: [hour, place], looked up once a day."""
    days, position = np.unique(hours // 24, return_inverse=True)
    noons = [datetime.fromtimestamp(int(day) * 86_400 + 43_200, UTC) for day in days]
    zones = [ZoneInfo(place.zone) for place in PLACES]
    table = [[_whole_hours(noon.astimezone(zone).utcoffset()) for zone in zones] for noon in noons]
    return np.array(table, np.int64)[position]


def _whole_hours(offset: timedelta | None) -> int:
    assert offset is not None
    return round(offset / timedelta(hours=1))


def _season(day: date) -> float:
    factor = 1.0
    for first, last, weight in _SEASONS:
        if first <= (day.month, day.day) <= last:
            factor *= weight
    return factor * _BLACK_FRIDAY.get((day - _black_friday(day.year)).days, 1.0)


def _black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta((3 - first.weekday()) % 7 + 22)
