"""What a history is made from: one `Plan`, the same plan the same bytes.

A plan knows its own command line. That line is kept with each product of the shop (`properties`), so that
the store itself says which history it holds and how to finish it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from footfall.errors import UsageError

DAY_MS = 86_400_000
_EARLIEST = datetime(1975, 1, 1, tzinfo=UTC)  # dates begin in 1970, and users registered years before
EVENTS_AN_ORDER = 4  # the shortest way to an order: product view, add to cart or signup, checkout, purchase


@dataclass(frozen=True, slots=True)
class Plan:
    """Size, span, seed and end of a history. `events` and `orders` are met within a few per cent.

    `level`: as busy at its beginning as at its end, where another grows up to the stream (`growth`).
    """

    users: int
    products: int
    events: int
    orders: int
    days: int
    order_days: int
    seed: int
    until: datetime
    level: bool = False

    @classmethod
    def of(
        cls,
        *,
        users: int = 10_000,
        products: int = 1_000,
        events: int = 300_000,
        orders: int = 30_000,
        days: int = 90,
        order_days: int = 365,
        seed: int = 1,
        until: datetime | None = None,
        level: bool = False,
    ) -> Self:
        """A plan that ends at `until` (no zone: UTC; none: now), in whole milliseconds.

        Raises `UsageError` where the end lies ahead or so many orders do not fit into so few events.
        """
        now = datetime.now(UTC)
        end = now if until is None else until if until.tzinfo else until.replace(tzinfo=UTC)
        if end > now:
            raise UsageError(f"a history cannot end in the future: {end:%Y-%m-%d %H:%M:%S} UTC")
        if orders * EVENTS_AN_ORDER > events:
            raise UsageError(
                f"{orders} orders do not fit into {events} events: each takes at least {EVENTS_AN_ORDER}, "
                f"so ask for at most {events // EVENTS_AN_ORDER}"
            )
        end = end.astimezone(UTC)
        if end - timedelta(days=max(days, order_days)) < _EARLIEST:
            raise UsageError(f"a history cannot begin before {_EARLIEST:%Y}; it was to end on {end:%Y-%m-%d}")
        return cls(
            users=users,
            products=products,
            events=events,
            orders=orders,
            days=days,
            order_days=order_days,
            seed=seed,
            until=end.replace(microsecond=end.microsecond // 1000 * 1000),
            level=level,
        )

    @property
    def until_ms(self) -> int:
        """The end, in milliseconds since the epoch; no row is later."""
        return (self.until - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    @property
    def events_from_ms(self) -> int:
        """Midnight (UTC) that begins the first of the events' days; the last one is the day of the end."""
        return self._first_midnight(self.days)

    @property
    def orders_from_ms(self) -> int:
        """Midnight (UTC) that begins the first of the orders' days."""
        return self._first_midnight(self.order_days)

    def _first_midnight(self, days: int) -> int:
        # A single day that has hardly begun is too short for a history: six hours are the least.
        return min(self.until_ms // DAY_MS * DAY_MS - (days - 1) * DAY_MS, self.until_ms - DAY_MS // 4)

    def command(self) -> str:
        """The command that makes exactly this history."""
        until = self.until.replace(tzinfo=None).isoformat(timespec="milliseconds")
        return (
            f"footfall generate --users {self.users} --products {self.products} --events {self.events}"
            f" --orders {self.orders} --days {self.days} --order-days {self.order_days}"
            f" --seed {self.seed} --until {until}{' --level' if self.level else ''}"
        )

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON's types; `from_json` reads it back."""
        return asdict(self) | {"until": self.until.isoformat(timespec="milliseconds")}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """The plan that `to_json` gave."""
        return cls(**kept | {"until": datetime.fromisoformat(kept["until"])})

    def mark(self) -> str:
        """What the products' `properties` say: which command made them."""
        return json.dumps({"simulated_by": self.command()})
