"""Who is in the shop right now: registered shoppers who may come again, and new ones who sign up.

Nobody clicks all day: a shopper who has bought rests for `REST_MS`, and the fewer rested ones there are,
the more buyers are new. So the crowd grows with the stream; beyond `LIMIT` the longest resting are
forgotten (they stay in the store). New shoppers are from the countries where it is daytime.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall.generate.calendar import HOUR_MS, Calendar
from footfall.generate.columns import I64, U8, Mask, Rng
from footfall.generate.plan import DAY_MS
from footfall.generate.shoppers import Shoppers, ages, devices, premium

REST_MS: Final = HOUR_MS
LIMIT: Final = 500_000
NEW_FROM: Final = 1 << 40  # numbers of shoppers who signed up in this stream
_RETURNING_SHARE: Final = 0.65
# At the end of a history three buyers of four have signed up before. A stream begins with as many and lets
# it fade, or the mix of events would change from one second to the next.
_JOINING_SHARE: Final = 0.75
_JOINING_MS: Final = 1_200_000
_ENOUGH_S: Final = 300  # rested shoppers for so many seconds of orders are enough to halve that share
_CALENDAR_DAYS: Final = 2


@dataclass(slots=True)
class Arrivals:
    """Shoppers who are about to buy, in columns; `age` and `premium` are told of new ones only."""

    number: I64
    new: Mask
    country: U8
    device: U8
    age: U8
    premium: Mask


class Crowd:
    """The shoppers of one stream."""

    def __init__(self, chance: Rng, shoppers: Shoppers | None, orders_rate: float) -> None:
        self._chance = chance
        self._enough = _ENOUGH_S * orders_rate
        self._calendar: Calendar | None = None
        self._calendar_until = 0
        self._signups = 0
        self._opened: int | None = None
        self._rested: list[tuple[int, int, int]] = []  # number, country, device
        self._resting: deque[tuple[int, tuple[int, int, int]]] = deque()
        if shoppers is not None:
            order = chance.permutation(len(shoppers))[:LIMIT]
            columns = (order + 1, shoppers.country[order], shoppers.device[order])
            self._rested = list(zip(*(column.tolist() for column in columns), strict=True))

    def countries(self, at: I64) -> U8:
        """Countries of shoppers who come at these times."""
        last = int(at.max(initial=0))
        if self._calendar is None or last > self._calendar_until:
            start = int(at.min(initial=last))
            self._calendar = Calendar(start, start + _CALENDAR_DAYS * DAY_MS)
            self._calendar_until = start + (_CALENDAR_DAYS - 1) * DAY_MS
        return self._calendar.places_at(at, self._chance.random(len(at)))

    def buyers(self, at: I64) -> Arrivals:
        """Shoppers who buy at these times, one or more: some who come back, the others new."""
        self._wake(int(at[0]))
        count = len(at)
        share = _RETURNING_SHARE * len(self._rested) / (len(self._rested) + self._enough + 1)
        if self._opened is None:
            self._opened = int(at[0])
        share = max(share, _JOINING_SHARE * (1 - (int(at[0]) - self._opened) / _JOINING_MS))
        back = min(int(self._chance.binomial(count, share)), len(self._rested))
        new = np.ones(count, np.bool_)
        new[self._chance.permutation(count)[:back]] = False
        country = self.countries(at)
        arrivals = Arrivals(
            number=NEW_FROM + self._signups + np.cumsum(new) - 1,
            new=new,
            country=country,
            device=self.devices(country),
            age=ages(self._chance, count),
            premium=premium(self._chance, count),
        )
        self._signups += count - back
        for row in np.flatnonzero(~new).tolist():
            known = self._rested.pop()
            arrivals.number[row], arrivals.country[row], arrivals.device[row] = known
        self._send_to_rest(at, arrivals)
        return arrivals

    def devices(self, country: U8) -> U8:
        """A device for a shopper in each country."""
        return devices(country, self._chance.random(len(country)))

    def visitor(self) -> tuple[int, int, int] | None:
        """A registered shopper who only looks around, where there is a rested one."""
        if not self._rested:
            return None
        return self._rested[int(self._chance.integers(len(self._rested)))]

    def _send_to_rest(self, at: I64, arrivals: Arrivals) -> None:
        columns = (arrivals.number, arrivals.country, arrivals.device)
        known = zip(*(column.tolist() for column in columns), strict=True)
        self._resting.extend(zip((at + REST_MS).tolist(), known, strict=True))
        while len(self._resting) + len(self._rested) > LIMIT and self._resting:
            self._resting.popleft()

    def _wake(self, now: int) -> None:
        woken = []
        while self._resting and self._resting[0][0] <= now:
            woken.append(self._resting.popleft()[1])
        if woken:
            self._rested += woken
            # Whoever comes next is anybody: swap the woken into random places.
            for place in range(len(self._rested) - len(woken), len(self._rested)):
                other = int(self._chance.integers(place + 1))
                self._rested[place], self._rested[other] = self._rested[other], self._rested[place]
