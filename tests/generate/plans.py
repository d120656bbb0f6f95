"""Plans of histories that tests make: small ones with a fixed end, drawn by hypothesis or given."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from footfall.generate.columns import Events, Ledger
from footfall.generate.plan import Plan
from footfall.generate.shop import Shop

UNTIL = datetime(2026, 3, 14, 15, 9, 26, 535_000, tzinfo=UTC)


def small(**options: int) -> Plan:
    """A plan of 4,000 events and 400 orders, unless told otherwise."""
    given = {"users": 200, "products": 40, "events": 4_000, "orders": 400} | options
    return Plan.of(**given, level=False, until=UNTIL)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Small plans of every shape."""
    events = draw(st.integers(1, 3_000))
    return Plan.of(
        users=draw(st.integers(1, 60)),
        products=draw(st.integers(1, 30)),
        events=events,
        orders=draw(st.integers(0, events // 4)),
        days=draw(st.integers(1, 120)),
        order_days=draw(st.integers(1, 500)),
        seed=draw(st.integers(0, 2**40)),
        until=UNTIL + timedelta(milliseconds=draw(st.integers(-(10**10), 10**10))),
        level=draw(st.booleans()),
    )


def rows(plan: Plan) -> tuple[Events, Ledger]:
    """All events and all rows of the ledger of a history."""
    shop = Shop(plan)
    slices = [shop.slice(number) for number in range(len(shop))]
    return Events.join([s.events for s in slices]), Ledger.join([s.ledger for s in slices])


def sums(keys: np.ndarray, values: np.ndarray) -> dict[int, int]:
    """The sum of the values of each key."""
    found: dict[int, int] = {}
    for key, value in zip(keys.tolist(), values.tolist(), strict=True):
        found[key] = found.get(key, 0) + value
    return found
