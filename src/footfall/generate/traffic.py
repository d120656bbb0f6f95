"""The traffic of a shop from now on: what happens, in order, at exactly the rates that are asked for.

Time is divided into slices of `SLICE_MS`. Orders are due at an even pace; the session that leads to each
begins up to `AHEAD_MS` earlier, so orders are planned that far ahead. What room the buyers leave in a slice
is filled with sessions that do not buy, and what is more than fits goes into the next one. Each slice then
holds exactly as many events as its share of the rate, in the order in which they were planned to happen, so
the steps of a session keep their order whatever the rate.

The first slice is as full as the others: see `_hurried`.
"""

import secrets
from itertools import pairwise
from typing import Final

import numpy as np

from footfall.errors import UsageError
from footfall.generate import sources
from footfall.generate.catalogue import Catalogue
from footfall.generate.columns import (
    CANCELLED,
    CHECKOUT,
    I64,
    PURCHASE,
    REFUND,
    REFUNDED,
    SIGNUP,
    Events,
    Ledger,
    Lines,
    choose,
    rng,
    starts,
)
from footfall.generate.crowd import Arrivals, Crowd
from footfall.generate.growth import buyer_events
from footfall.generate.items import Happening, Item, Speller
from footfall.generate.ledger import STREAM, settle
from footfall.generate.sessions import build
from footfall.generate.shoppers import Shoppers
from footfall.generate.visits import EXPRESS_EVENTS, FULL_EVENTS, Visits

SLICE_MS: Final = 10_000
AHEAD_MS: Final = 120_000
OPENING_MS: Final = 600_000
EVENTS_AN_ORDER: Final = 4.8  # what an order takes at the most, its return and a signup included
_EVENTS_A_VISIT: Final = 1.4  # of a session that does not buy, within the slice that it begins in
_KNOWN_SHARE: Final = 0.2


class Traffic:
    """The happenings of one stream that starts at `start_ms`; `rate` and `orders_rate` are per second."""

    def __init__(
        self, catalogue: Catalogue, shoppers: Shoppers | None, rate: float, orders_rate: float, start_ms: int
    ) -> None:
        if orders_rate * EVENTS_AN_ORDER > rate:
            raise UsageError(
                f"{orders_rate:g} orders a second do not fit into {rate:g} events: each takes up to "
                f"{EVENTS_AN_ORDER}, so ask for at most {rate / EVENTS_AN_ORDER:.1f}"
            )
        self._rate, self._orders_rate, self._start = rate, orders_rate, start_ms
        self._chance = rng(secrets.randbits(64))
        stream = secrets.randbits(30)
        self._catalogue = catalogue
        self.speller = Speller(stream, catalogue)
        self._crowd = Crowd(self._chance, shoppers, orders_rate)
        each = float(buyer_events(np.array([rate]), np.array([orders_rate]))[0])
        self._full_share = (each - EXPRESS_EVENTS) / (FULL_EVENTS - EXPRESS_EVENTS)
        self._slices = self._sessions = self._orders = 0
        self._queue: Events | None = None
        self._bought: dict[int, Item] = {}
        self._returned: dict[int, Item] = {}
        self._signups: dict[int, Item] = {}

    def next(self) -> list[Happening]:
        """What happens in the next slice, in order."""
        start = self._slices * SLICE_MS
        end = start + SLICE_MS
        wanted = self._due(end) - self._due(start)
        self._slices += 1
        self._plan_orders(end + AHEAD_MS)
        queue = self._queue
        here = int((queue.at < end).sum()) if queue else 0
        parts = [queue] if queue else []
        while here < wanted:
            more = self._browse(start, end, wanted - here)
            here += int((more.at < end).sum())
            parts.append(more)
        if not parts:
            return []
        events = Events.join(parts)
        events = events.take(np.argsort(events.at, kind="stable"))
        self._queue = events.take(np.arange(wanted, len(events)))
        return self._tell(events.take(np.arange(wanted)))

    def _due(self, at: int) -> int:
        """How many events are due before a time."""
        return int(self._rate * at / 1000)

    def _plan_orders(self, until: int) -> None:
        """Plans the sessions of the orders that are due before `until`."""
        first, self._orders = self._orders, int(self._orders_rate * until / 1000)
        order = np.arange(first, self._orders)
        if not len(order):
            return
        at = ((order + 0.5) / self._orders_rate * 1000).astype(np.int64)
        arrivals = self._crowd.buyers(at + self._start)
        events, lines = build(self._chance, self._catalogue, self._buyers(order, at, arrivals))
        events.at = _hurried(events)
        ledger, refunds = settle(self._chance, lines, STREAM)
        self._remember(lines, ledger, arrivals)
        self._queue = Events.join([part for part in (self._queue, events, refunds) if part])

    def _buyers(self, order: I64, at: I64, arrivals: Arrivals) -> Visits:
        count = len(order)
        full = self._chance.random(count) < self._full_share
        signed_in = ~arrivals.new & (~full | (self._chance.random(count) < 0.45))
        visits = self._visits(at)
        visits.buyer[:] = True
        visits.full[:] = full
        visits.user[:] = arrivals.number
        visits.signed_in[:] = signed_in
        visits.signup[:] = arrivals.new
        visits.country[:] = arrivals.country
        visits.device[:] = arrivals.device
        visits.source[:] = choose(sources.BUYERS, self._chance.random(count))
        visits.order[:] = order
        return visits

    def _browse(self, start: int, end: int, wanted: int) -> Events:
        """Sessions that begin in the slice and do not buy: about `wanted` events of them fall into it."""
        count = int(wanted / _EVENTS_A_VISIT) + 1
        begin = np.sort(self._chance.integers(start, end, count))
        visits = self._visits(begin)
        for row in np.flatnonzero(self._chance.random(count) < _KNOWN_SHARE).tolist():
            if known := self._crowd.visitor():
                visits.user[row], visits.country[row], visits.device[row] = known
                visits.signed_in[row] = self._chance.random() < 0.6
        events, _ = build(self._chance, self._catalogue, visits)
        first = events.landing
        lead = (visits.last_at - events.at[first])[np.cumsum(first) - 1]
        events.at = events.at + lead
        return events

    def _visits(self, at: I64) -> Visits:
        """Visits of unknown shoppers who do not buy."""
        count = len(at)
        session = np.arange(self._sessions, self._sessions + count) + 1
        self._sessions += count
        country = self._crowd.countries(at + self._start)
        none = np.zeros(count, np.bool_)
        return Visits(
            last_at=at,
            buyer=none.copy(),
            full=none.copy(),
            user=np.zeros(count, np.uint64),
            signed_in=none.copy(),
            signup=none.copy(),
            anonymous=(self.speller.anonymous_from + session).astype(np.uint64),
            country=country,
            device=self._crowd.devices(country),
            source=choose(sources.BROWSERS, self._chance.random(count)).astype(np.uint8),
            session=session.astype(np.uint64),
            order=np.full(count, -1, np.int64),
        )

    def _remember(self, lines: Lines, ledger: Ledger, arrivals: Arrivals) -> None:
        """Keeps what comes with the events of these orders, until it happens."""
        for start, end in _runs(lines.order):
            own = lines.take(slice(start, end))
            self._bought[int(own.order[0])] = self.speller.bought(own)
        back = ledger.take((ledger.status == CANCELLED) | (ledger.status == REFUNDED))
        for start, end in _runs(back.order):
            rows = back.take(slice(start, end))
            order = int(rows.order[0])
            whole = end - start == len(self._bought[order]["lines"])
            self._returned[order] = self.speller.returned(rows, whole)
        self._signups |= self.speller.signups(arrivals)

    def _tell(self, events: Events) -> list[Happening]:
        told = []
        for item, type_, order, user in zip(
            self.speller.events(events),
            events.type.tolist(),
            events.order.tolist(),
            events.user.tolist(),
            strict=True,
        ):
            happening = Happening(item)
            if order >= 0 and type_ == CHECKOUT:
                happening.order = self._bought[order] | {"status": "pending"}
            elif type_ == PURCHASE:
                happening.order = self._bought.pop(order)
            elif type_ == REFUND:
                happening.order = self._returned.pop(order)
            elif type_ == SIGNUP:
                happening.user = self._signups.pop(user)
            told.append(happening)
        return told


def _runs(keys: I64) -> list[tuple[int, int]]:
    start = starts(keys).tolist()
    return list(pairwise([*start, len(keys)])) if start else []


def _hurried(events: Events) -> I64:
    """Times of sessions, drawn together towards their last events: never longer than `AHEAD_MS`.

    A shop that opens has nobody in it yet, and its orders are due at once. So the first sessions are told
    in a hurry, and the later ones take longer and longer, as far as the rate leaves room for it.
    """
    first = np.flatnonzero(events.landing)
    count = np.diff(np.append(first, len(events)))
    last = events.at[first + count - 1]
    lead = np.maximum(last - events.at[first], 1)
    factor = np.minimum(AHEAD_MS / lead, 1.0) * np.minimum(last / OPENING_MS, 1.0)
    before = np.repeat(last, count) - events.at
    return np.asarray(np.repeat(last, count) - (before * np.repeat(factor, count)).astype(np.int64))
