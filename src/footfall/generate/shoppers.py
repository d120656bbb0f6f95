"""Who buys: registered users with a country, an age, perhaps premium, and how often they come.

User ids count from 1 in the order of registration. Activity is long-tailed and premium users come more
often, so a few customers buy again and again and many buy once. Memory: about 40 bytes a user.
"""

from typing import Final

import numpy as np

from footfall.generate.columns import F64, I64, U8, Ints, Mask, Rng, choose, cumulative, rng
from footfall.generate.places import DEVICES, PLACES, device_shares

_USERS_SEED: Final = 102
_PREMIUM_SHARE: Final = 0.12
_PREMIUM_ACTIVITY: Final = 2.5
_ACTIVITY_SPREAD: Final = 0.9
_MOST_ACTIVITY: Final = 8.0
_DEVICE_SHARES: Final = device_shares()
_LIFTED_SHARES: Final = (_DEVICE_SHARES + np.arange(len(PLACES))[:, None]).ravel()


class Shoppers:
    """The registered users of a shop; arrays are by user, position 0 is user 1."""

    def __init__(self, seed: int, users: int) -> None:
        chance = rng(seed, _USERS_SEED)
        self.country = choose(cumulative([p.weight for p in PLACES]), chance.random(users)).astype(np.uint8)
        self.premium: Mask = chance.random(users) < _PREMIUM_SHARE
        self.age = ages(chance, users)
        self.device = devices(self.country, chance.random(users))
        activity = np.exp(_ACTIVITY_SPREAD * chance.standard_normal(users))
        activity[self.premium] *= _PREMIUM_ACTIVITY
        activity = np.minimum(activity, _MOST_ACTIVITY)
        # Users by country, and in the order of registration within it: those who are registered at a
        # moment are then a prefix of each country's users, and one search in the sums picks among them.
        self._by_country = np.argsort(self.country, kind="stable")
        self._sums = np.concatenate([[0.0], np.cumsum(activity[self._by_country])])
        self._bounds = np.searchsorted(self.country[self._by_country], np.arange(len(PLACES) + 1))

    def __len__(self) -> int:
        return len(self.country)

    def pick(self, country: U8, registered: I64, chance: F64) -> I64:
        """A user from each country among the first so many registered, active ones more often; 0: nobody."""
        user = np.zeros(len(country), np.int64)
        for place in np.unique(country):
            rows = np.flatnonzero(country == place)
            first, last = self._bounds[place], self._bounds[place + 1]
            known = first + np.searchsorted(self._by_country[first:last], registered[rows])
            base, top = self._sums[first], self._sums[known]
            position = np.searchsorted(self._sums, base + chance[rows] * (top - base), side="right") - 1
            some = known > first
            user[rows[some]] = self._by_country[np.minimum(position, known - 1)[some]] + 1
        return user


def ages(chance: Rng, count: int) -> U8:
    """Ages of shoppers: most between 25 and 45, none under 18."""
    return np.asarray(np.clip(18 + chance.gamma(3.2, 6.4, count), 18, 90), np.uint8)


def premium(chance: Rng, count: int) -> Mask:
    """Who of so many new users takes the premium plan."""
    return chance.random(count) < _PREMIUM_SHARE


def devices(country: U8, chance: F64) -> U8:
    """A device for a shopper in each country, drawn with `chance` in [0, 1)."""
    found = np.searchsorted(_LIFTED_SHARES, country + chance, side="right") - country.astype(np.int64) * len(
        DEVICES
    )
    return np.asarray(np.clip(found, 1, len(DEVICES) - 1), np.uint8)


def kept_or_other(own: U8, other: U8, chance: F64) -> U8:
    """Mostly a shopper's own device; one visit in five is made with another."""
    return np.where(chance < 0.8, own, other).astype(np.uint8)


def of_user(column: Ints, user: I64) -> Ints:
    """The values of a column by user; user 0 gets the first user's, to be overwritten by the caller."""
    return column[np.maximum(user - 1, 0)]
