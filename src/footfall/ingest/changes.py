"""Changes: items of orders, users and products, checked and packed, on their way to the stage that decides.

What rows a change becomes depends on what the store holds when its turn comes, so the inbox keeps the
change itself (as msgpack). Money is in ten-thousandths and times are in milliseconds, as in the rows.
"""

from datetime import datetime
from hashlib import blake2b

from msgspec import Struct, msgpack

from footfall.ingest import fields
from footfall.ingest.addresses import without_addresses
from footfall.ingest.events import link
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.lanes import ORDER_ITEMS, PRODUCT_ITEMS, USER_ITEMS
from footfall.ingest.outcome import Entry, Sender
from footfall.model import (
    NO_PROPERTIES,
    Kind,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Reason,
    User,
    anonymous_number,
    derived_uuid,
    numeric_id,
    uuid_bytes,
)

LINES_LIMIT = 1000
RAW_LIMIT = 64 << 10
NO_ITEM = -1
_INT32 = (1 << 31) - 1


class Origin(Struct, array_like=True):
    """Where a change came from, for the dead letter that it may become and the receipt that tells it.

    `index` is the item's in its request; None where it is not known, `NO_ITEM` where it is no item of it.
    `kind`: what `raw` is, where the change is a part of an item of another kind.
    """

    batch_id: bytes
    key_name: str
    source: str
    accepted_at: int
    raw: bytes
    index: int | None = None
    kind: Kind | None = None


class Line(Struct, array_like=True):
    """A line of an order's change; `quantity` None: all that is left of it.

    `share`: what goes back is the line's share of what was paid, whatever price is named; the price serves
    where we do not hold the order.
    """

    line_id: str
    product_id: int
    product: str
    quantity: int | None
    unit_price: int | None
    discount: int
    share: bool = False


class OrderChange(Struct, array_like=True):
    """The new state of an order, or of the lines named; `adds`: by an idempotency key, always new lines.

    `restates`: the lines are all that the order holds now; an order that is completed stays so. `at_most`:
    money that goes back at the most where no lines are named.
    """

    item_id: bytes
    order_id: str
    status: OrderStatus
    at: int
    user_id: int
    payment_method: str
    currency: str
    country: str
    properties: bytes
    lines: list[Line]
    adds: bool
    origin: Origin
    restates: bool = False
    at_most: int | None = None


class UserChange(Struct, array_like=True):
    """Attributes of a user; None: not given. `merges`: properties are added to those that are held."""

    user_id: int
    external_id: str
    updated_at: int
    country: str | None
    is_premium: bool | None
    age: int | None
    registration_date: int | None
    properties: bytes | None
    name: str | None
    email: str | None
    phone: str | None
    origin: Origin
    merges: bool = False


class ProductChange(Struct, array_like=True):
    """Attributes of a product; None: not given."""

    product_id: int
    external_id: str
    updated_at: int
    name: str | None
    category: str | None
    brand: str | None
    price: int | None
    currency: str
    properties: bytes | None
    origin: Origin


pack = msgpack.Encoder().encode


def order(item: Order, raw: bytes, index: int, sender: Sender, rules: Rules) -> list[Entry]:
    """The change of an order, as an entry."""
    return [order_entry(order_change(item, raw, index, sender, rules))]


def order_entry(change: OrderChange) -> Entry:
    """The entry of a change; its id makes it one."""
    return Entry(ORDER_ITEMS, change.item_id, b"", pack(change), 0)


def order_change(item: Order, raw: bytes, index: int, sender: Sender, rules: Rules) -> OrderChange:
    """The change of an order; a shop that sends the same change twice has made it once."""
    order_id = fields.required_id("order_id", item.order_id)
    fields.check_lengths((("payment_method", item.payment_method), ("country", item.country)))
    at = sender.now_ms
    at_sent = None
    if item.order_timestamp is not None:
        at_sent = fields.time_ms("order_timestamp", item.order_timestamp)
        at = sender.moment(at_sent, fields.oldest_ms(sender.now_ms, rules.orders_ttl_days))
        fields.check_age(
            "order_timestamp", at, sender.now_ms, rules.orders_ttl_days, "FOOTFALL_ORDERS_TTL_DAYS"
        )
    lines = _lines(item)
    if item.entry_id is None:
        key = derived_uuid(b"order", pack((order_id, item.status, at_sent, lines)))
    else:
        key = uuid_bytes(fields.required_id("entry_id", item.entry_id))
    return OrderChange(
        key,
        order_id,
        item.status,
        at,
        0
        if item.user_id is None
        else rules.known("user_id", numeric_id(fields.id_text("user_id", item.user_id))),
        item.payment_method or "",
        fields.currency(item.currency, rules),
        "" if item.country is None else fields.country(item.country),
        fields.properties(item.properties, item.country),
        lines,
        item.entry_id is not None,
        _origin(sender, raw, index),
    )


def _lines(item: Order) -> list[Line]:
    flat = any(
        value is not None
        for value in (item.line_id, item.product_id, item.quantity, item.unit_price, item.discount)
    )
    if flat and item.lines is not None:
        raise Rejected(
            Reason.INVALID_VALUE, "lines", "name one line by its own fields or many in lines, not both"
        )
    if flat:
        given = [
            OrderLine(
                line_id=item.line_id,
                product_id=item.product_id,
                quantity=item.quantity,
                unit_price=item.unit_price,
                discount=item.discount,
            )
        ]
    else:
        given = item.lines or []
    if len(given) > LINES_LIMIT:
        raise Rejected(Reason.TOO_LARGE, "lines", f"an order has at most {LINES_LIMIT} lines")
    seen: dict[str, int] = {}
    lines = []
    for number, line in enumerate(given):
        where = "" if flat else f"lines[{number}]."
        lines.append(_line(line, item.status, where, seen))
    if not lines and item.status == "adjusted":
        raise Rejected(Reason.NO_LINES, "lines", "an adjustment names the line that it is about")
    return lines


def _line(line: OrderLine, status: OrderStatus, where: str, seen: dict[str, int]) -> Line:
    back = status in {"cancelled", "refunded"}
    product = "" if line.product_id is None else fields.id_text(f"{where}product_id", line.product_id)
    if line.line_id is not None:
        line_id = fields.required_id(f"{where}line_id", line.line_id)
    else:
        # The product names its line; the second line of one product is product#2.
        seen[product] = seen.get(product, 0) + 1
        line_id = product if seen[product] == 1 else f"{product}#{seen[product]}"
    if not product and not (back and line_id):
        raise Rejected(Reason.MISSING_FIELD, f"{where}product_id", f"{where}product_id is required")
    quantity = _quantity(line, status, where)
    # What an adjustment writes off has a negative price in many books; it is no money here.
    read = fields.amount if status == "adjusted" else fields.price
    unit_price = None if line.unit_price is None else read(f"{where}unit_price", line.unit_price)
    if unit_price is None and status in {"pending", "completed"}:
        raise Rejected(Reason.MISSING_FIELD, f"{where}unit_price", f"{where}unit_price is required")
    discount = fields.price(f"{where}discount", line.discount)
    costs = abs(unit_price or 0) * abs(quantity or 0)
    if discount > costs and not back:
        raise Rejected(Reason.INVALID_MONEY, f"{where}discount", "discount is more than the line costs")
    if costs >= 10**18:
        raise Rejected(Reason.INVALID_MONEY, f"{where}unit_price", "the line's amount must be below 10^14")
    return Line(line_id, numeric_id(product), product, quantity, unit_price, discount)


def _quantity(line: OrderLine, status: OrderStatus, where: str) -> int | None:
    field = f"{where}quantity"
    if line.quantity is None:
        if status in {"cancelled", "refunded"}:
            return None
        raise Rejected(Reason.MISSING_FIELD, field, f"{field} is required")
    if status == "adjusted":
        return fields.whole(field, line.quantity, -_INT32, _INT32)
    if status in {"cancelled", "refunded"}:  # exports write what goes back as negative, people as positive
        return fields.whole(field, abs(line.quantity), 1, _INT32)
    return fields.whole(field, line.quantity, 1, _INT32)


def user(
    item: User, raw: bytes, index: int, sender: Sender, rules: Rules, *, merges: bool = False
) -> list[Entry]:
    """The change of a user's attributes, and the link of an anonymous id where it names one."""
    external = fields.required_id("user_id", item.user_id)
    user_id = rules.known("user_id", numeric_id(external))
    if user_id == 0:
        raise Rejected(Reason.INVALID_VALUE, "user_id", "user_id 0 is nobody")
    fields.check_lengths((name, getattr(item, name)) for name in ("country", "name", "email", "phone"))
    updated_at = _updated_at(item.updated_at, sender)
    age = None if item.age is None else fields.whole("age", item.age, 0, 150)
    registered = (
        None if item.registration_date is None else fields.day("registration_date", item.registration_date)
    )
    sent = fields.properties(item.properties, item.country)
    change = UserChange(
        user_id,
        external,
        updated_at,
        None if item.country is None else fields.country(item.country),
        item.is_premium,
        age,
        registered,
        sent if sent or item.properties is not NO_PROPERTIES else None,
        item.name,
        item.email,
        item.phone,
        _origin(sender, raw, index),
        merges,
    )
    found = [Entry(USER_ITEMS, _key(b"user", external), _content(raw), pack(change), 0)]
    if item.anonymous_id is not None:
        anonymous = anonymous_number(fields.id_text("anonymous_id", item.anonymous_id))
        rules.known("anonymous_id", anonymous)
        if anonymous:
            found.append(link(anonymous, user_id, updated_at))
    return found


def product(item: Product, raw: bytes, index: int, sender: Sender, rules: Rules) -> list[Entry]:
    """The change of a product's attributes."""
    external = fields.required_id("product_id", item.product_id)
    product_id = numeric_id(external)
    if product_id == 0:
        raise Rejected(Reason.INVALID_VALUE, "product_id", "product_id 0 is no product")
    fields.check_lengths((name, getattr(item, name)) for name in ("name", "category", "brand"))
    sent = fields.properties(item.properties, None)
    change = ProductChange(
        product_id,
        external,
        _updated_at(item.updated_at, sender),
        item.name,
        item.category,
        item.brand,
        None if item.price is None else fields.price("price", item.price),
        fields.currency(item.currency, rules),
        sent if sent or item.properties is not NO_PROPERTIES else None,
        _origin(sender, raw, index),
    )
    return [Entry(PRODUCT_ITEMS, _key(b"product", external), _content(raw), pack(change), 0)]


def _updated_at(value: datetime | int | float | None, sender: Sender) -> int:
    if value is None:
        return sender.now_ms
    at = sender.moment(fields.time_ms("updated_at", value), 0)
    fields.check_age("updated_at", at, sender.now_ms, 0, "")
    return at


def _origin(sender: Sender, raw: bytes, index: int) -> Origin:
    kept = without_addresses(raw[:RAW_LIMIT])
    return Origin(sender.batch_id, sender.key_name, sender.source, sender.now_ms, kept, index)


def _key(purpose: bytes, external: str) -> bytes:
    return derived_uuid(purpose, external.encode())


def _content(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=16).digest()
