"""Tracks: an event by its name, and what it says of an order and of products.

Names and fields are those of the tables of `names` and `columns`; the money of an order is `goods`'.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from footfall.ingest import fields
from footfall.ingest.fields import Rejected
from footfall.ingest.segment import columns, goods
from footfall.ingest.segment.columns import found
from footfall.ingest.segment.names import OrderAction, Row, row_of
from footfall.ingest.segment.parts import Call, OrderPart, Parts, event_of, fitting, id_of
from footfall.model import NO_PROPERTIES, Event, Order, OrderLine, OrderStatus, Product, Reason

_STATUS: Final[Mapping[OrderAction, OrderStatus]] = {
    "completed": "completed",
    "updated": "pending",
    "refunded": "refunded",
    "cancelled": "cancelled",
}
_UINT32: Final = (1 << 32) - 1
_BACK: Final = frozenset({"refunded", "cancelled"})


def tracked(call: Call, name: str) -> Parts:
    """The event of a name, and what it says of an order and of products."""
    row = row_of(name)
    parts = Parts()
    if row is None:
        parts.event = event_of(call, name)
        return parts
    event = event_of(call, row.event_type, columns.EVENT | columns.KNOWN_EVENT)
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
        event.product_id = id_of(found(listed[0][1], columns.PRODUCT["product_id"]))
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
    order_id = id_of(found(call.source(), columns.KNOWN_EVENT["order_id"]))
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
        payment_method=fitting("payment_method", found(source, columns.ORDER["payment_method"])),
        country=fitting("country", found(source, columns.ORDER["country"])),
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
    product_id = id_of(found(given, columns.PRODUCT["product_id"]))
    if product_id is None or str(product_id) == "0":
        return None
    try:
        price = goods.money("price", found(given, columns.PRODUCT["price"]))
    except Rejected:
        price = None
    name, category, brand = (
        fitting(name, found(given, columns.PRODUCT[name])) for name in ("name", "category", "brand")
    )
    if price is None and not (name or category or brand):
        return None
    known = None if price is None or price < 0 else goods.as_decimal(price)
    return Product(product_id=product_id, name=name, category=category, brand=brand, price=known)
