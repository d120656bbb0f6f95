"""Parts: what a message comes to, as items of our own. Pure functions over the tables of names and columns.

A `track` is an event; where its name is an order's, the order's change too; and what it says of products.
`page` and `screen` are page views, `group` is an event of its own. `identify` is a user, `alias` a link.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import Raw

from footfall.ingest import fields
from footfall.ingest.fields import Rejected
from footfall.ingest.segment import columns, goods
from footfall.ingest.segment.columns import found
from footfall.ingest.segment.message import Message, iso, mapping, moment
from footfall.ingest.segment.names import OrderAction, Row, row_of
from footfall.model import NO_PROPERTIES, Event, Id, Order, OrderLine, OrderStatus, Product, Reason, User

_STATUS: Final[Mapping[OrderAction, OrderStatus]] = {
    "completed": "completed",
    "updated": "pending",
    "refunded": "refunded",
    "cancelled": "cancelled",
}
_UINT32: Final = (1 << 32) - 1
_BACK: Final = frozenset({"refunded", "cancelled"})
_CUT: Final = frozenset({"page_url", "referrer"})  # a longer text is cut: it is no reason to lose an event


@dataclass(slots=True)
class OrderPart:
    """An order's change; `restates`: its lines replace what the order holds; `at_most`: money that goes back
    at the most, in ten-thousandths, where no lines are named."""

    order: Order
    restates: bool = False
    at_most: int | None = None


@dataclass(slots=True)
class Parts:
    """What a message comes to; `refused`: parts that came to nothing, and why."""

    event: Event | None = None
    order: OrderPart | None = None
    user: User | None = None
    previous_id: Id | None = None
    products: list[Product] = field(default_factory=list)
    refused: list[Rejected] = field(default_factory=list)


@dataclass(slots=True)
class Call:
    """A message, or an event of GA4's, on its way to its parts. `at`: when it happened, in milliseconds."""

    at: int
    user_id: Id | None
    anonymous_id: Id | None
    properties: dict[str, Any]
    properties_raw: bytes
    context: dict[str, Any]
    name: str | None = None

    def source(self) -> dict[str, Any]:
        """What the paths of `columns` are looked up in."""
        return {"properties": self.properties, "context": self.context, "name": self.name}


def of(message: Message, type_: str, at: int, context: Mapping[str, Any]) -> Parts:
    """The parts of a message; `context`: its batch's. Raises `Rejected` where it comes to none."""
    if message.user_id in {None, ""} and (message.anonymous_id in {None, ""} or type_ == "alias"):
        needed = "userId" if type_ == "alias" else "userId or anonymousId"
        raise Rejected(Reason.MISSING_FIELD, "userId", f"{needed} is required")
    call = Call(
        at,
        message.user_id,
        message.anonymous_id,
        mapping("properties", message.properties),
        _text(message.properties),
        {**context, **mapping("context", message.context)},
        message.name,
    )
    match type_:
        case "track":
            if not message.event:
                raise Rejected(Reason.MISSING_FIELD, "event", "event is required: the event's name")
            return tracked(call, message.event)
        case "page" | "screen":
            return _viewed(call, message)
        case "group":
            return _grouped(call, message)
        case "identify":
            return _identified(call, message)
    if message.previous_id in {None, ""}:
        raise Rejected(Reason.MISSING_FIELD, "previousId", "previousId is required")
    return Parts(previous_id=message.previous_id)


def tracked(call: Call, name: str) -> Parts:
    """The event of a name, and what it says of an order and of products."""
    row = row_of(name)
    parts = Parts()
    if row is None:
        parts.event = _event(call, name)
        return parts
    event = _event(call, row.event_type, columns.EVENT | columns.KNOWN_EVENT)
    listed = _products(call.properties, row)
    lines: list[goods.Line] = []
    unread = None
    try:
        lines = [goods.line(product, where) for where, product in listed]
    except Rejected as rejected:
        unread = rejected
    amount = goods.total(call.properties, lines, back=row.order in _BACK) if row.order else None
    if row.order and unread and amount is None:
        raise unread  # nothing says what the order is worth
    if len(listed) == 1 and len(lines) == 1:
        event.product_id = _id(found(listed[0][1], columns.PRODUCT["product_id"]))
        event.quantity = lines[0].quantity if (lines[0].quantity or 0) <= _UINT32 else None
    _set_money(event, call, row, lines, amount)
    parts.event = event
    if row.order and unread:
        parts.refused.append(unread)
    elif row.order:
        try:
            parts.order = _order(call, row.order, lines, amount)
        except Rejected as rejected:
            parts.refused.append(rejected)
    if row.order not in _BACK:
        parts.products = [made for _, product in listed if (made := _product(product))]
    return parts


def _event(call: Call, event_type: str, paths: columns.Paths = columns.EVENT) -> Event:
    """The event with the fields that all events have."""
    source = call.source()
    values: dict[str, Any] = {}
    for column, places in paths.items():
        value = found(source, places)
        if column in {"session_id", "order_id"}:
            values[column] = _id(value)
        else:
            values[column] = _fitting(column, value)
    device = values.get("device_type")
    values["device_type"] = columns.DEVICES.get(device.lower(), device) if device else None
    return Event(
        event_type=event_type,
        event_timestamp=fields.as_datetime(call.at),
        user_id=call.user_id,
        anonymous_id=call.anonymous_id,
        properties=_properties(call),
        **values,
    )


def _set_money(event: Event, call: Call, row: Row, lines: list[goods.Line], amount: int | None) -> None:
    """Revenue of a purchase or a refund; of other events, what they are about is worth."""
    currency = call.properties.get("currency")
    event.currency = currency if isinstance(currency, str) and currency else None
    if row.event_type == "purchase":
        event.revenue = goods.as_decimal(amount or 0)
    elif row.event_type == "refund":
        event.revenue = -goods.as_decimal(amount or 0)
    else:
        try:
            named = goods.money("properties.value", call.properties.get("value"))
        except Rejected:
            named = None
        worth = amount if amount is not None else named
        if worth is None and lines:
            worth = sum(line.amount for line in lines)
        event.value = None if worth is None or abs(worth) >= goods.LIMIT else goods.as_decimal(worth)


def _order(call: Call, action: OrderAction, lines: list[goods.Line], amount: int | None) -> OrderPart | None:
    """What the event does to its order; None where it says nothing of what is in it."""
    order_id = _id(found(call.source(), columns.KNOWN_EVENT["order_id"]))
    if order_id is None:
        told = f"properties.order_id is required: without it no order is {action}"
        raise Rejected(Reason.MISSING_FIELD, "properties.order_id", told)
    if action == "updated" and not lines:
        return None
    if action in _BACK:
        given = [
            OrderLine(
                product_id=line.product,
                quantity=line.quantity,
                unit_price=None if line.price is None else goods.as_decimal(line.price),
            )
            for line in lines
        ]
    else:
        given = goods.bought(lines, amount or 0)
    currency = call.properties.get("currency")
    source = call.source()
    order = Order(
        order_id=order_id,
        status=_STATUS[action],
        user_id=call.user_id,
        order_timestamp=fields.as_datetime(call.at),
        payment_method=_fitting("payment_method", found(source, columns.ORDER["payment_method"])),
        country=_fitting("country", found(source, columns.ORDER["country"])),
        currency=currency if isinstance(currency, str) and currency else None,
        lines=given or None,
        properties=_rest_of_order(call.properties),
    )
    at_most = amount if action == "refunded" and not lines else None
    return OrderPart(order, action in {"completed", "updated"}, at_most)


def _rest_of_order(properties: Mapping[str, Any]) -> Raw:
    """What is said of the whole order and has no column; its products are its lines."""
    paths = (*columns.PRODUCTS, *columns.KNOWN_EVENT["order_id"])
    named = {"currency", *(path.partition(".")[2] for path in paths)}
    rest = {name: value for name, value in properties.items() if name not in named}
    return Raw(msgspec.json.encode(rest)) if rest else NO_PROPERTIES


def _products(properties: dict[str, Any], row: Row) -> list[tuple[str, dict[str, Any]]]:
    """The products that an event is about, each with the path to it."""
    for path in columns.PRODUCTS:
        name = path.partition(".")[2]
        listed = properties.get(name)
        if isinstance(listed, list):
            return [
                (f"{path}[{number}]", product)
                for number, product in enumerate(listed)
                if isinstance(product, dict)
            ]
    if row.about_product and found(properties, columns.PRODUCT["product_id"]) is not None:
        return [("properties", properties)]
    return []


def _product(given: Mapping[str, Any]) -> Product | None:
    """A product's attributes; None where nothing but its id is said."""
    product_id = _id(found(given, columns.PRODUCT["product_id"]))
    if product_id is None or str(product_id) == "0":
        return None
    try:
        price = goods.money("price", found(given, columns.PRODUCT["price"]))
    except Rejected:
        price = None
    name, category, brand = (
        _fitting(name, found(given, columns.PRODUCT[name])) for name in ("name", "category", "brand")
    )
    if price is None and not (name or category or brand):
        return None
    known = None if price is None or price < 0 else goods.as_decimal(price)
    return Product(product_id=product_id, name=name, category=category, brand=brand, price=known)


def _viewed(call: Call, message: Message) -> Parts:
    """The page view of `page` and `screen`."""
    more = {"name": message.name, "category": message.category}
    title = found(call.context, ("page.title",))
    if title is not None:
        more["title"] = title
    added = {name: value for name, value in more.items() if value and name not in call.properties}
    call.properties_raw = with_members(call.properties_raw, added)
    return Parts(event=_event(call, "page_view", columns.EVENT | columns.PAGE))


def _grouped(call: Call, message: Message) -> Parts:
    if message.group_id in {None, ""}:
        raise Rejected(Reason.MISSING_FIELD, "groupId", "groupId is required")
    traits = _kept(mapping("traits", message.traits), columns.PRIVATE_GROUP_TRAITS)
    call.properties = {"group_id": message.group_id} | traits
    call.properties_raw = msgspec.json.encode(call.properties)
    return Parts(event=_event(call, "group"))


def _identified(call: Call, message: Message) -> Parts:
    """The user with their traits; of a shopper who is still anonymous, an event with what is not private."""
    own = mapping("traits", message.traits)
    of_context = call.context.get("traits")
    traits = {**(of_context if isinstance(of_context, dict) else {}), **own}
    if message.user_id in {None, ""}:
        call.properties = _kept(traits)
        call.properties_raw = msgspec.json.encode(call.properties)
        return Parts(event=_event(call, "identify"))
    assert message.user_id is not None
    values = {name: _trait(name, found(traits, paths)) for name, paths in columns.USER.items()}
    if values["name"] is None:
        names = (found(traits, ("firstName", "first_name")), found(traits, ("lastName", "last_name")))
        values["name"] = _fitting("name", " ".join(part for part in names if isinstance(part, str))) or None
    kept = {name: value for name, value in _kept(traits).items() if not _has_column(name, values)}
    return Parts(
        user=User(
            user_id=message.user_id,
            anonymous_id=message.anonymous_id or None,
            updated_at=fields.as_datetime(call.at),
            properties=Raw(msgspec.json.encode(kept)) if kept else NO_PROPERTIES,
            **values,
        )
    )


def _kept(traits: Mapping[str, Any], private: Collection[str] = columns.PRIVATE_TRAITS) -> dict[str, Any]:
    """Traits without those that say who somebody is."""
    return {name: value for name, value in traits.items() if name not in private}


def _has_column(trait: str, values: Mapping[str, Any]) -> bool:
    """Whether a trait is held by a column already; a plan's own name is kept beside what it says."""
    return trait != "plan" and any(
        trait in paths and values[name] is not None for name, paths in columns.USER.items()
    )


def _trait(name: str, value: Any) -> Any:
    """A trait as its column holds it; None where it does not fit."""
    match name:
        case "is_premium":
            return value if isinstance(value, bool) else columns.PLANS.get(str(value).lower())
        case "age":
            whole = isinstance(value, int) and not isinstance(value, bool)
            return value if whole and 0 <= value <= 150 else None
        case "registration_date":
            try:
                return None if value is None else iso(moment(name, value))[:10]
            except Rejected:
                return None
    return _fitting(name, value)


def _properties(call: Call) -> Raw:
    """Properties as they were sent, and what an event keeps of its context."""
    kept = {name: call.context[name] for name in columns.CONTEXT if call.context.get(name)}
    added = {"context": kept} if kept and "context" not in call.properties else {}
    text = with_members(call.properties_raw, added)
    return Raw(text) if text not in {b"", b"{}"} else NO_PROPERTIES


def with_members(raw: bytes, added: Mapping[str, Any]) -> bytes:
    """The text of an object with members added at its end; what was there stays as it was written."""
    if not added:
        return raw
    inner = raw.rstrip()[:-1].rstrip() or b"{"
    comma = b"" if inner.endswith(b"{") else b","
    return inner + comma + msgspec.json.encode(added)[1:]


def _text(raw: Raw) -> bytes:
    text = bytes(raw)
    return b"" if text == b"null" else text


def _id(value: Any) -> Id | None:
    """An id, or None where it is none: neither a text nor a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return value if len(str(value)) <= fields.TEXT_LIMIT else None


def _fitting(column: str, value: Any) -> str | None:
    """A text that fits its column; urls are cut."""
    if not isinstance(value, str):
        return None
    limit = fields.URL_LIMIT if column in _CUT else fields.TEXT_LIMIT
    if len(value) > limit:
        return value[:limit] if column in _CUT else None
    return value
