"""Events, orders, users and products as a shop sends them to ingest: JSON objects, without what is not known.

Ids of this stream bear its own number, drawn at its start, so several streams never collide. What happens
at a moment (`Happening`) bears no time yet: it gets one when its turn comes.
"""

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from msgspec import Raw

from footfall.generate.catalogue import Catalogue
from footfall.generate.columns import EVENT_TYPES, PAYMENTS, STATUSES, Events, Ledger, Lines
from footfall.generate.crowd import NEW_FROM, Arrivals
from footfall.generate.places import DEVICES, PLACES
from footfall.generate.sources import SOURCES
from footfall.generate.texts import PROPERTIES

Item = dict[str, Any]


@dataclass(slots=True)
class Happening:
    """One event, and the new state of an order or the new user that comes with it."""

    event: Item
    order: Item | None = None
    user: Item | None = None

    def at(self, ms: int) -> "Happening":
        """The same, at a time."""
        time = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        bits = secrets.randbits(74)
        number = ms << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & (1 << 62) - 1
        self.event |= {"event_id": str(uuid.UUID(int=number)), "event_timestamp": time}
        if self.order is not None:
            self.order["order_timestamp"] = time
        if self.user is not None:
            self.user |= {"registration_date": time[:10], "updated_at": time}
        return self


class Speller:
    """Spells what columns hold. `stream` is this stream's number, of 30 bits."""

    def __init__(self, stream: int, catalogue: Catalogue) -> None:
        self._name = f"{stream:08x}"
        self._catalogue = catalogue
        self.anonymous_from = 1 << 62 | stream << 32

    def events(self, events: Events) -> Iterator[Item]:
        """The items of events, without id and time."""
        columns = (
            *(events.type, events.user, events.anonymous, events.session, events.product, events.order),
            *(events.url, events.source, events.landing, events.term, events.device, events.country),
            *(events.revenue, events.value, events.quantity, events.duration, events.properties),
        )
        for row in zip(*(column.tolist() for column in columns), strict=True):
            yield self._event(*row)

    def _event(
        self,
        type_: int,
        user: int,
        anonymous: int,
        session: int,
        product: int,
        order: int,
        url: int,
        source: int,
        landing: bool,
        term: int,
        device: int,
        country: int,
        revenue: int,
        value: int,
        quantity: int,
        duration: int,
        properties: int,
    ) -> Item:
        from_, held = SOURCES[source], DEVICES[device]
        known = user < self.anonymous_from
        item = {
            "event_type": EVENT_TYPES[type_],
            "user_id": self.user(user) if known else None,
            "anonymous_id": str(anonymous) if anonymous else None if known else str(user),
            "session_id": f"{self._name}{session:08x}" if session else None,
            "product_id": str(product) if product else None,
            "order_id": self.order(order) if order >= 0 else None,
            "page_url": self._catalogue.urls[url],
            "referrer": from_.referrer if landing else None,
            "utm_source": from_.utm_source,
            "utm_medium": from_.utm_medium,
            "utm_campaign": from_.utm_campaign,
            "search_term": self._catalogue.terms[term - 1] if term else None,
            "device_type": held.type,
            "browser": held.browser,
            "country": PLACES[country].code,
            "revenue": revenue / 100,
            "value": value / 100,
            "quantity": quantity,
            "duration_seconds": duration,
            "properties": Raw(PROPERTIES[properties].encode()) if PROPERTIES[properties] else None,
        }
        return {name: value for name, value in item.items() if value}

    def user(self, number: int) -> str:
        """A registered user: the history's own number, or a name of this stream."""
        return f"u-{self._name}-{number - NEW_FROM}" if number >= NEW_FROM else str(number)

    def order(self, number: int) -> str:
        """An order of this stream."""
        return f"S{self._name}-{number}"

    def bought(self, lines: Lines) -> Item:
        """A completed order, of lines that are all its own."""
        return self._state(lines, "completed") | {
            "lines": [
                {
                    "line_id": str(line),
                    "product_id": str(product),
                    "quantity": quantity,
                    "unit_price": price / 100,
                    "discount": discount / 100,
                }
                for line, product, quantity, price, discount in zip(
                    *(
                        column.tolist()
                        for column in (
                            *(lines.line, lines.product, lines.quantity),
                            *(lines.unit_price, lines.discount),
                        )
                    ),
                    strict=True,
                )
            ]
        }

    def returned(self, rows: Ledger, whole: bool) -> Item:
        """What goes back of an order: all that is left, or one line."""
        item = self._state(rows, STATUSES[int(rows.status[0])])
        if whole:
            return item
        line = {
            "line_id": str(rows.line[0]),
            "product_id": str(rows.product[0]),
            "quantity": -int(rows.quantity[0]),
        }
        return item | {"lines": [line]}

    def _state(self, rows: Lines | Ledger, status: str) -> Item:
        return {
            "order_id": self.order(int(rows.order[0])),
            "status": status,
            "user_id": self.user(int(rows.user[0])),
            "payment_method": PAYMENTS[int(rows.payment[0])],
            "country": PLACES[int(rows.country[0])].code,
        }

    def signups(self, arrivals: Arrivals) -> dict[int, Item]:
        """New users by their number, without the day."""
        columns = (arrivals.number, arrivals.country, arrivals.premium, arrivals.age)
        return {
            number: {
                "user_id": self.user(number),
                "country": PLACES[country].code,
                "is_premium": premium,
                "age": age,
            }
            for number, country, premium, age in zip(
                *(column[arrivals.new].tolist() for column in columns), strict=True
            )
        }

    def products(self) -> Iterator[Item]:
        """The catalogue."""
        for number, name in enumerate(self._catalogue.names, 1):
            yield {
                "product_id": str(number),
                "name": name,
                "category": self._catalogue.category_name(number),
                "brand": self._catalogue.brand_name(number),
                "price": int(self._catalogue.price[number - 1]) / 100,
            }
