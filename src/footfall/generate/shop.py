"""One simulated shop: its past, slice by slice.

A slice is a span of time that holds about `SLICE_EVENTS` events. It is made from (seed, number of the slice)
alone, so slices can be made in any order, one at a time, and memory does not grow with the history. An
order's later fate (payment, return) is part of the slice of its purchase; a slice spans at most
`SLICE_DAYS`, returns come within 30 days, so one slice touches at most four months.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall.generate import sources
from footfall.generate.calendar import Calendar
from footfall.generate.catalogue import catalogue
from footfall.generate.columns import (
    I64,
    SIGNUP,
    U64,
    Events,
    Ints,
    Ledger,
    Rng,
    Signups,
    choose,
    rng,
)
from footfall.generate.growth import Growth
from footfall.generate.ledger import settle
from footfall.generate.plan import DAY_MS, Plan
from footfall.generate.sessions import build
from footfall.generate.shoppers import Shoppers, devices, kept_or_other, of_user
from footfall.generate.visits import HORIZON_MS, Visits

SLICE_EVENTS: Final = 75_000
SLICE_ORDERS: Final = 25_000
SLICE_DAYS: Final = 59
ANONYMOUS_FROM: Final = 1_000_000_000_000  # anonymous ids are numbers in the order of first visits
FIRST_ORDERS: Final = 0.3  # the share of orders that are a new user's first
NEW_USERS: Final = 0.85  # the share of users who sign up on the way to an order, at the most
_SLICE_SEED: Final = 103
_USER_YEARS_MS: Final = 2 * 365 * DAY_MS


@dataclass(slots=True)
class Slice:
    """The rows of one slice."""

    number: int
    events: Events
    ledger: Ledger
    signups: Signups

    def identities(self) -> Events:
        """The events that tell which user an anonymous id belongs to."""
        return self.events.take(self.events.anonymous > 0)


class Shop:
    """The shop of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        start = min(plan.events_from_ms, plan.orders_from_ms)
        self.calendar = Calendar(start, plan.until_ms + HORIZON_MS)
        self.growth = Growth(plan, self.calendar)
        self.catalogue = catalogue(plan.seed, plan.products)
        self.shoppers = Shoppers(plan.seed, plan.users)
        self.placed = math.floor(self.growth.orders.by(plan.until_ms))
        self.signup_share = min(FIRST_ORDERS, NEW_USERS * plan.users / max(self.placed, 1))
        self.first_users = plan.users - math.floor(self.placed * self.signup_share)
        self.bounds = self._bounds()

    def __len__(self) -> int:
        """How many slices there are."""
        return len(self.bounds) - 1

    def first_registrations(self) -> Signups:
        """The users who registered before the first order of the history."""
        user = np.arange(1, self.first_users + 1)
        start = min(self.plan.events_from_ms, self.plan.orders_from_ms)
        return Signups(user, start - _USER_YEARS_MS + _USER_YEARS_MS * (user - 1) // max(self.first_users, 1))

    def slice(self, number: int) -> Slice:
        """The rows of one slice, none later than the plan's end or earlier than its beginnings."""
        chance = rng(self.plan.seed, _SLICE_SEED, number)
        start, end = self.bounds[number], self.bounds[number + 1]
        buyers = self._buyers(chance, start, end)
        browsers = self._browsers(chance, start, end)
        _return_as_known(chance, buyers, browsers)
        visits = Visits.join([buyers, browsers])
        events, lines = build(chance, self.catalogue, visits)
        signups = _signups(events)
        ledger, refunds = settle(chance, lines)
        events = Events.join([events, refunds])
        plan = self.plan
        return Slice(
            number=number,
            events=events.take((events.at >= plan.events_from_ms) & (events.at <= plan.until_ms)),
            ledger=ledger.take((ledger.at >= plan.orders_from_ms) & (ledger.at <= plan.until_ms)),
            signups=signups,
        )

    def _bounds(self) -> list[float]:
        """Times between the slices: so many events or orders apart, and never too long."""
        growth, plan = self.growth, self.plan
        each = np.maximum(
            np.diff(growth.events.sums) / SLICE_EVENTS, np.diff(growth.orders.sums) / SLICE_ORDERS
        )
        load = np.concatenate([[0.0], np.cumsum(each)])
        load = np.where(growth.at > plan.until_ms, np.interp(plan.until_ms, growth.at, load), load)
        inner = np.interp(np.arange(1, math.ceil(load[-1])), load, growth.at)
        marks = [float(growth.at[0]), *inner.tolist(), float(growth.at[-1])]
        bounds = marks[:1]
        for mark in marks[1:]:
            pieces = math.ceil((mark - bounds[-1]) / (SLICE_DAYS * DAY_MS))
            bounds += np.linspace(bounds[-1], mark, pieces + 1)[1:].tolist()
        return bounds

    def _registered(self, at: I64) -> I64:
        """How many users had registered well before these times, so that no visit precedes its signup."""
        placed = np.floor(np.interp(at - 2 * HORIZON_MS, self.growth.at, self.growth.orders.sums))
        return self.first_users + np.floor(placed * self.signup_share).astype(np.int64)

    def _buyers(self, chance: Rng, start: float, end: float) -> Visits:
        """Sessions that end in an order, from `start` to `end`."""
        curve = self.growth.orders
        order = np.arange(math.floor(curve.by(start)), math.floor(curve.by(end)))
        count = len(order)
        at = curve.when(order + chance.random(count))
        before = np.floor(order * self.signup_share).astype(np.int64)
        # Sessions still under way at the end sign nobody up: the plan's users are all there by then.
        signup = (np.floor((order + 1) * self.signup_share) > before) & (order < self.placed)
        registered = self._registered(at)
        country = self.calendar.places_at(at, chance.random(count))
        user = self.shoppers.pick(country, registered, chance.random(count))
        user = np.where(user == 0, _anybody(chance, registered), user)
        user = np.where(signup, self.first_users + before + 1, user)
        full = chance.random(count) < self.growth.full_share(at)
        signed_in = ~signup & (~full | (chance.random(count) < 0.45))
        own = of_user(self.shoppers.device, user)
        return Visits(
            last_at=at,
            buyer=np.ones(count, np.bool_),
            full=full,
            user=user.astype(np.uint64),
            signed_in=signed_in,
            signup=signup,
            anonymous=np.where(signed_in, 0, ANONYMOUS_FROM + 2 * order).astype(np.uint64),
            country=of_user(self.shoppers.country, user),
            device=kept_or_other(own, devices(country, chance.random(count)), chance.random(count)),
            source=choose(sources.BUYERS, chance.random(count)).astype(np.uint8),
            session=_session_keys(self.plan.seed, 2 * order),
            order=order,
        )

    def _browsers(self, chance: Rng, start: float, end: float) -> Visits:
        """Sessions without an order: most by people nobody knows, some by registered users."""
        curve = self.growth.browsing
        number = np.arange(math.floor(curve.by(start)), math.floor(curve.by(end)))
        count = len(number)
        at = curve.when(number + chance.random(count))
        country = self.calendar.places_at(at, chance.random(count))
        user = self.shoppers.pick(country, self._registered(at), chance.random(count))
        user[chance.random(count) < 0.75] = 0
        signed_in = (user > 0) & (chance.random(count) < 0.6)
        own = np.where(user > 0, of_user(self.shoppers.device, user), 0)
        other = devices(country, chance.random(count))
        device = np.where(user > 0, kept_or_other(own.astype(np.uint8), other, chance.random(count)), other)
        visits = Visits(
            last_at=at,
            buyer=np.zeros(count, np.bool_),
            full=np.zeros(count, np.bool_),
            user=user.astype(np.uint64),
            signed_in=signed_in,
            signup=np.zeros(count, np.bool_),
            anonymous=np.where(signed_in, 0, ANONYMOUS_FROM + 2 * number + 1).astype(np.uint64),
            country=country,
            device=device.astype(np.uint8),
            source=choose(sources.BROWSERS, chance.random(count)).astype(np.uint8),
            session=_session_keys(self.plan.seed, 2 * number + 1),
            order=np.full(count, -1, np.int64),
        )
        _come_back(chance, visits)
        return visits


def _anybody(chance: Rng, registered: I64) -> I64:
    """Any registered user, for places that have none of their own; there is always a first one."""
    return (chance.random(len(registered)) * registered).astype(np.int64) + 1


def _come_back(chance: Rng, visits: Visits) -> None:
    """Lets every fifth unknown visitor be one who was here before, with the same device."""
    count = len(visits)
    earlier = (chance.random(count) * np.arange(count)).astype(np.int64)
    again = (chance.random(count) < 0.2) & (visits.user == 0)
    again &= ~again[earlier] & (visits.user[earlier] == 0)
    if count:
        again[0] = False
    for column in (visits.anonymous, visits.country, visits.device):
        column[again] = column[earlier[again]]


def _return_as_known(chance: Rng, buyers: Visits, browsers: Visits) -> None:
    """Lets some who sign in on their way to an order be visitors who browsed unknown before.

    The shopper keeps the anonymous id and the device of the earlier visit, and comes from the same country.
    """
    wanted = np.flatnonzero(~buyers.signed_in & (chance.random(len(buyers)) < 0.4))
    unknown = np.flatnonzero(browsers.user == 0)
    if not len(wanted) or not len(unknown):
        return
    by_country = unknown[np.argsort(browsers.country[unknown], kind="stable")]
    bounds = np.searchsorted(browsers.country[by_country], np.arange(257))
    country = buyers.country[wanted].astype(np.int64)
    first, last = bounds[country], bounds[country + 1]
    found = first + (chance.random(len(wanted)) * (last - first)).astype(np.int64)
    earlier = by_country[np.minimum(found, len(by_country) - 1)]
    fits = (last > first) & (browsers.last_at[earlier] < buyers.last_at[wanted] - HORIZON_MS)
    _, once = np.unique(browsers.anonymous[earlier], return_index=True)
    single = np.zeros(len(wanted), np.bool_)
    single[once] = True
    keep = fits & single
    buyers.anonymous[wanted[keep]] = browsers.anonymous[earlier[keep]]
    buyers.device[wanted[keep]] = browsers.device[earlier[keep]]


def _signups(events: Events) -> Signups:
    rows = events.type == SIGNUP
    return Signups(events.user[rows].astype(np.int64), events.at[rows])


def _session_keys(seed: int, number: Ints) -> U64:
    """A number for each session that looks random and is never used twice in one shop (splitmix64)."""
    with np.errstate(over="ignore"):
        shop = np.uint64(seed % (1 << 64)) * np.uint64(0xD1342543DE82EF95)
        key = shop + number.astype(np.uint64) + np.uint64(1)
        key = key * np.uint64(0x9E3779B97F4A7C15)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(key ^ (key >> np.uint64(31)))
