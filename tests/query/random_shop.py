"""A shop of random rows, seeded, for comparing answers with plain Python; one for all tests that ask for it.

Events lie in March and October of a year whose clocks change there, hours on both sides of the change more
often than others, some at the very edges of hours and days; users come from several countries, browse
before login under anonymous ids, and some events are nobody's.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from tests.conftest import empty
from tests.schema.support import event, insert, order

KINDS: Final = (
    "page_view", "product_view", "add_to_cart", "remove_from_cart", "checkout", "purchase", "search",
)  # fmt: skip
KNOWN: Final = {9_000_000_001: 1, 9_000_000_002: 2}
CATEGORIES: Final = {1: "Home", 2: "Kitchen", 3: "Home", 4: "Garden"}
LONG_AGO: Final = "2026-01-01 00:00:00"
CHANGES: Final = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Event:
    """What the tests ask about an event."""

    at: datetime
    kind: str
    user: int
    country: str
    device_type: str
    browser: str
    utm_source: str
    product: int
    session: str
    plan: str
    term: str
    cents: int
    worth: int

    @property
    def shopper(self) -> int:
        return KNOWN.get(self.user, self.user)


@dataclass(frozen=True)
class Line:
    """What the tests ask about a line of the ledger."""

    at: datetime
    number: str
    status: str
    user: int
    country: str
    product: int
    cents: int


def moments(chance: random.Random, count: int, days: int = 4) -> Iterable[datetime]:
    """Moments around the changes of clocks, some at edges of hours."""
    for _ in range(count):
        change = chance.choice(CHANGES)
        ms = chance.randrange(-days * 86_400_000, days * 86_400_000)
        if chance.random() < 0.3:
            ms = chance.randrange(-days * 48, days * 48) * 1_800_000 + chance.choice((-1, 0, 1))
        yield change + timedelta(milliseconds=ms)


def events(seed: int = 1, count: int = 600) -> list[Event]:
    """Random events."""
    chance = random.Random(seed)
    return [
        Event(
            at,
            (kind := chance.choice(KINDS)),
            chance.choice([0, 1, 2, 3, 4, 5, *KNOWN]),
            chance.choice(["DE", "UK", "US"]),
            chance.choice(["mobile", "desktop"]),
            chance.choice(["Firefox", "Safari"]),
            chance.choice(["", "mail", "ads"]),
            chance.choice([0, *CATEGORIES]),
            chance.choice(["", *(f"s{number}" for number in range(60))]),
            chance.choice(["", "gold", "plain & simple?"]),
            chance.choice(["Lamp ", "lamp", "mug"]) if kind == "search" else "",
            chance.randrange(10_000) if kind == "purchase" else 0,
            chance.randrange(10_000) if kind in {"add_to_cart", "remove_from_cart"} else 0,
        )
        for at in moments(chance, count)
    ]


def ledger(seed: int = 2, count: int = 200) -> list[Line]:
    """Random lines."""
    chance = random.Random(seed)
    lines = []
    for at in moments(chance, count):
        status = chance.choice(["pending", "completed", "completed", "refunded", "cancelled", "adjusted"])
        sign = -1 if status in {"refunded", "cancelled"} else 1
        lines.append(
            Line(
                at,
                f"o{chance.randrange(60)}",
                status,
                chance.choice([0, 1, 2, 3, 4, 5]),
                chance.choice(["DE", "UK", "US"]),
                chance.choice(list(CATEGORIES)),
                0 if status == "adjusted" else sign * chance.randrange(10_000),
            )
        )
    return lines


def fill(client: Client, shop: list[Event], lines: list[Line]) -> None:
    """Puts the shop into an emptied store whose raw rows do not expire meanwhile."""
    empty(client)
    rows: list[dict[str, Any]] = [
        event(
            one.kind, one.at, one.user, session_id=one.session, country=one.country,
            device_type=one.device_type, browser=one.browser, utm_source=one.utm_source,
            product_id=one.product, search_term=one.term, value=f"{one.worth / 100:.2f}",
            revenue=f"{one.cents / 100:.2f}",
            properties=json.dumps({"plan": one.plan} if one.plan else {}),
        )
        for one in shop
    ]  # fmt: skip
    insert(client, "events", rows[::2], "random events 1")
    insert(client, "events", rows[1::2], "random events 2")
    booked = [
        order(
            one.number, one.status, one.at, user_id=one.user, country=one.country, product_id=one.product,
            total_amount=f"{one.cents / 100:.2f}",
        )
        for one in lines
    ]  # fmt: skip
    insert(client, "orders", booked, "random orders")
    linked = [{"anonymous_id": a, "user_id": u, "linked_at": LONG_AGO} for a, u in KNOWN.items()]
    insert(client, "identities", linked, "random identities")
    products = [
        {"product_id": number, "external_id": f"p{number}", "category": name, "updated_at": LONG_AGO}
        for number, name in CATEGORIES.items()
    ]
    insert(client, "products", products, "random products")
