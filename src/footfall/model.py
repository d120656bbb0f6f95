"""Event, order, user and product as a shop sends them, and their closed vocabularies.

The structs are what one item of a request (or one line of a file) may hold: decoding one checks names and
JSON types, and `footfall.ingest.validate` checks the values. An absent field and `null` mean the same.
Ids outside are any string (or a whole number); inside they are the 64-bit numbers of `numeric_id`, and of
`anonymous_number` for shoppers who are not known yet.
"""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Final, Literal, get_args

from msgspec import Raw, Struct

ItemKind = Literal["events", "orders", "users", "products"]
KINDS: Final[tuple[ItemKind, ...]] = get_args(ItemKind)
Kind = Literal[ItemKind, "messages"]  # `messages` are what SDKs send; each comes to items of the other kinds

# The vocabulary of event_type is open; these are the names of the shop's journey that figures know.
EVENT_TYPES: Final = (
    *("page_view", "search", "product_view", "add_to_cart", "remove_from_cart"),
    *("checkout", "purchase", "refund", "login", "signup"),
)

OrderStatus = Literal["pending", "completed", "cancelled", "refunded", "adjusted"]
ORDER_STATUSES: Final[tuple[OrderStatus, ...]] = get_args(OrderStatus)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MONEY_SCALE: Final = 10_000  # Decimal(18, 4)
MONEY_PLACES: Final = 4

Id = str | int
Time = datetime | int | float
NO_PROPERTIES: Final = Raw(b"")


class Reason(StrEnum):
    """Why an item was rejected: the closed list behind `errors[].code`, dead letters and metrics."""

    INVALID_JSON = "invalid_json"
    CUT_OFF = "cut_off"
    INVALID_UNICODE = "invalid_unicode"
    NOT_AN_OBJECT = "not_an_object"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    UNKNOWN_FIELD = "unknown_field"
    NOT_ALLOWED = "not_allowed"
    DUPLICATE_FIELD = "duplicate_field"
    MISSING_FIELD = "missing_field"
    INVALID_TYPE = "invalid_type"
    INVALID_VALUE = "invalid_value"
    TOO_LONG = "too_long"
    OUT_OF_RANGE = "out_of_range"
    INVALID_TIMESTAMP = "invalid_timestamp"
    TOO_LATE = "too_late"
    IN_FUTURE = "in_future"
    INVALID_MONEY = "invalid_money"
    REVENUE_NOT_ALLOWED = "revenue_not_allowed"
    CURRENCY_MISMATCH = "currency_mismatch"
    NO_LINES = "no_lines"
    NOTHING_LEFT = "nothing_left"
    ID_COLLISION = "id_collision"
    ERASED = "erased"


class TooFine(ValueError):
    """A sum of money with more decimal places than the store holds."""


class _Item(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all items share: unknown names are refused, fields that were not given are not written."""


class Event(_Item):
    """One immutable action of a shopper."""

    event_type: str
    event_id: Id | None = None
    event_timestamp: Time | None = None
    user_id: Id | None = None
    anonymous_id: Id | None = None
    session_id: Id | None = None
    product_id: Id | None = None
    order_id: Id | None = None
    page_url: str | None = None
    referrer: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    search_term: str | None = None
    device_type: str | None = None
    browser: str | None = None
    country: str | None = None
    user_agent: str | None = None
    client_ip: str | None = None
    revenue: Decimal | None = None
    value: Decimal | None = None
    currency: str | None = None
    quantity: int | None = None
    duration_seconds: int | None = None
    properties: Raw = NO_PROPERTIES


class OrderLine(_Item):
    """One product in an order."""

    line_id: Id | None = None
    product_id: Id | None = None
    quantity: int | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None


class Order(_Item):
    """The new state of an order: of the lines it names, or of one line given flat, or of all its lines.

    `entry_id` is an idempotency key of the sender's own: with it, an equal item is not a duplicate.
    """

    order_id: Id
    status: OrderStatus
    entry_id: Id | None = None
    user_id: Id | None = None
    order_timestamp: Time | None = None
    payment_method: str | None = None
    currency: str | None = None
    country: str | None = None
    lines: list[OrderLine] | None = None
    line_id: Id | None = None
    product_id: Id | None = None
    quantity: int | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    properties: Raw = NO_PROPERTIES


class User(_Item):
    """Attributes of a known shopper; what is not given stays as it was."""

    user_id: Id
    anonymous_id: Id | None = None
    country: str | None = None
    is_premium: bool | None = None
    age: int | None = None
    registration_date: str | None = None
    updated_at: Time | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    properties: Raw = NO_PROPERTIES


class Product(_Item):
    """Attributes of a product; what is not given stays as it was."""

    product_id: Id
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    updated_at: Time | None = None
    properties: Raw = NO_PROPERTIES


def numeric_id(text: str) -> int:
    """The UInt64 that stands for an outside id.

    A canonical decimal below 2^63 keeps its value; any other string gets a 64-bit hash with the top bit
    set, so the two never meet. 0 is nobody: the empty string and "0".
    """
    if text.isdigit() and text.isascii() and len(text) <= 19 and (text[0] != "0" or text == "0"):
        number = int(text)
        if number < 1 << 63:
            return number
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) | 1 << 63 if text else 0


def anonymous_number(text: str) -> int:
    """The UInt64 that stands for an anonymous id: always a hash, and in a domain of its own.

    So a shop that gives a visitor and a user the same text, or the same number, never joins the two by it.
    0 is nobody: the empty string and "0".
    """
    if text in {"", "0"}:
        return 0
    return int.from_bytes(blake2b(text.encode(), digest_size=8, person=b"anonymous").digest()) | 1 << 63


def uuid_bytes(text: str) -> bytes:
    """The 16 bytes of the UUID that stands for an outside event id.

    A UUID keeps its value, in capitals or not; any other string gets one derived from it (version 8).
    """
    if len(text) == 36 and text[8] == text[13] == text[18] == text[23] == "-":
        try:
            plain = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            plain = b""
        if len(plain) == 16:
            return plain
    return derived_uuid(b"id", text.encode())


def uuid_text(raw: bytes) -> str:
    """16 bytes as a UUID is written."""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def derived_uuid(purpose: bytes, content: bytes) -> bytes:
    """The 16 bytes of a UUID (version 8) derived from `content`; another purpose, another UUID."""
    digest = bytearray(blake2b(content, digest_size=16, person=purpose).digest())
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)


def money(value: Decimal) -> int:
    """A sum of money in ten-thousandths, as Decimal(18, 4) holds it.

    Raises ValueError where it is not a number, or 10^14 and more, and `TooFine` where it has more than four
    decimal places: nothing is rounded in silence.
    """
    if not value.is_finite() or (value and value.adjusted() >= 14):
        raise ValueError("money must be a number below 10^14")
    _, digits, exponent = value.as_tuple()
    surplus = -MONEY_PLACES - int(exponent)
    if surplus > 0 and any(digits[-surplus:]):
        raise TooFine(f"money has at most {MONEY_PLACES} decimal places")
    return int(value * MONEY_SCALE)
