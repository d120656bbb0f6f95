"""Values of single fields: from what a shop sends to what the store holds, or a rejection that says why.

Every function takes the field's name for the message and raises `Rejected`. Numbers come out exact: money
in ten-thousandths, times in milliseconds since 1970 (UTC).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec import Raw

from footfall.config import Config
from footfall.countries import UNKNOWN, country_code, loses_meaning
from footfall.ingest import geoip
from footfall.ingest.erased import Erased
from footfall.ingest.geoip import GeoIp
from footfall.ingest.lanes import DAY_MS
from footfall.model import EPOCH, MONEY_PLACES, Reason, Time, TooFine, money

TEXT_LIMIT: Final = 1024
URL_LIMIT: Final = 8192
NAME_LIMIT: Final = 128
PROPERTIES_LIMIT: Final = 64 << 10
DEPTH_LIMIT: Final = 100
FIELD_LIMIT: Final = 200
MESSAGE_LIMIT: Final = 1000
FUTURE_MS: Final = 600_000
LAST_DAY: Final = 65_535  # what a Date can hold, 2149-06-06
_SECONDS_BELOW: Final = 100_000_000_000  # as seconds the year 5138, as milliseconds 1973
_URLS: Final = frozenset({"page_url", "referrer"})
MS: Final = timedelta(milliseconds=1)


class Rejected(Exception):
    """An item that cannot be accepted: the reason, the field at fault and a message for the sender.

    A field's name may come from the sender and be of any length: answers and receipts repeat its beginning.
    """

    def __init__(self, reason: Reason, field: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field
        self.message = message[:MESSAGE_LIMIT]
        if len(field) > FIELD_LIMIT:
            self.field = f"{field[: FIELD_LIMIT - 1]}…"
            self.message = message.replace(field, self.field)[:MESSAGE_LIMIT]


@dataclass(frozen=True, slots=True)
class Rules:
    """What validation must know of the configuration."""

    currency: str
    events_ttl_days: int
    orders_ttl_days: int
    countries: GeoIp | None = None
    erased: Erased | None = None

    @classmethod
    def of(cls, config: Config) -> "Rules":
        countries = geoip.shared(Path(config.geoip_database)) if config.geoip_database else None
        erased = Erased(config.data_dir)
        return cls(config.currency, config.events_ttl_days, config.orders_ttl_days, countries, erased)

    def known(self, field: str, number: int) -> int:
        """A shopper's number; raises `Rejected` where the shopper was erased and is to stay so."""
        if self.erased is None:
            return number
        self.erased.look()
        if self.erased.holds(number):
            raise Rejected(Reason.ERASED, field, "this person was erased: items of theirs are refused")
        return number


def time_ms(field: str, value: Time) -> int:
    """RFC 3339 text, or a number of seconds or milliseconds since 1970."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Rejected(Reason.INVALID_TIMESTAMP, field, f"{field} names no zone: end it with Z or +hh:mm")
        try:
            ms = (value - EPOCH) // MS
        except OverflowError:
            ms = -1
    else:
        ms = round(value * 1000) if abs(value) < _SECONDS_BELOW else round(value)
    if not 0 <= ms < (LAST_DAY + 1) * DAY_MS:
        raise Rejected(Reason.INVALID_TIMESTAMP, field, f"{field} must be between 1970-01-01 and 2149-06-06")
    return ms


def check_age(field: str, ms: int, now_ms: int, ttl_days: int, setting: str) -> None:
    """Refuses a time that the table would drop at once, and one that has not come yet."""
    if ms > now_ms + FUTURE_MS:
        raise Rejected(Reason.IN_FUTURE, field, f"{field} is more than 10 minutes in the future")
    if ttl_days and ms // DAY_MS <= now_ms // DAY_MS - ttl_days:
        raise Rejected(
            Reason.TOO_LATE,
            field,
            f"{field} is older than the {ttl_days} days that are kept; {setting}=0 keeps them for ever",
        )


def as_datetime(ms: int) -> datetime:
    """A time in milliseconds as an item may hold it, exactly."""
    return EPOCH + ms * MS


def oldest_ms(now_ms: int, ttl_days: int) -> int:
    """The earliest time that `check_age` lets pass."""
    return (now_ms // DAY_MS - ttl_days + 1) * DAY_MS if ttl_days else 0


def id_text(field: str, value: str | int) -> str:
    """An id from outside, as text."""
    text = value if isinstance(value, str) else str(value) if abs(value) < 1 << 128 else "9" * 2000
    if len(text) > TEXT_LIMIT:
        raise Rejected(Reason.TOO_LONG, field, f"{field} is longer than {TEXT_LIMIT} characters")
    return text


def required_id(field: str, value: str | int) -> str:
    """An id from outside that must not be empty."""
    text = id_text(field, value)
    if not text:
        raise Rejected(Reason.INVALID_VALUE, field, f"{field} is empty")
    return text


def check_lengths(texts: Iterable[tuple[str, object]]) -> None:
    """Refuses texts that are longer than the store should hold in one field."""
    for field, value in texts:
        limit = URL_LIMIT if field in _URLS else TEXT_LIMIT
        if isinstance(value, str) and len(value) > limit:
            raise Rejected(Reason.TOO_LONG, field, f"{field} is longer than {limit} characters")


def whole(field: str, value: int | None, least: int, most: int) -> int:
    """A whole number within bounds; 0 where there is none."""
    if value is None:
        return 0
    if not least <= value <= most:
        raise Rejected(Reason.OUT_OF_RANGE, field, f"{field} must be from {least} to {most}")
    return value


def amount(field: str, value: Decimal | None) -> int:
    """A sum of money in ten-thousandths; 0 where there is none."""
    if value is None:
        return 0
    try:
        return money(value)
    except TooFine:
        raise Rejected(
            Reason.INVALID_VALUE,
            field,
            f"{field} has more than {MONEY_PLACES} decimal places: round it first, as your shop rounds",
        ) from None
    except (ValueError, ArithmeticError):
        raise Rejected(Reason.INVALID_MONEY, field, f"{field} must be a number below 10^14") from None


def price(field: str, value: Decimal | None) -> int:
    """A sum of money that cannot be negative."""
    number = amount(field, value)
    if number < 0:
        raise Rejected(Reason.INVALID_MONEY, field, f"{field} must not be negative")
    return number


def currency(value: str | None, rules: Rules) -> str:
    """The shop's one currency; another is refused, never summed."""
    if value is not None and value.upper() != rules.currency:
        raise Rejected(
            Reason.CURRENCY_MISMATCH, "currency", f"this shop's currency is {rules.currency}; convert first"
        )
    return rules.currency


def country(value: str | None) -> str:
    """The country's code; ZZ where none is named."""
    return UNKNOWN if value is None else country_code(value)


def properties(value: Raw, country_as_sent: str | None) -> bytes:
    """The JSON object as it was sent; a country whose code says less than its text is kept in it."""
    raw = bytes(value)
    if raw == b"null":
        raw = b""
    if raw:
        check_properties(raw)
    if country_as_sent and loses_meaning(country_as_sent):
        kept = b'"country_as_sent":' + json.dumps(country_as_sent).encode() + b"}"
        inner = raw[:-1].rstrip() or b"{"
        return inner + (b"" if inner.endswith(b"{") else b",") + kept
    return raw


def check_properties(raw: bytes) -> None:
    """Refuses what is no object, too large, too deep, or holds half of a surrogate pair."""
    if not raw.startswith(b"{"):
        raise Rejected(Reason.INVALID_TYPE, "properties", "properties must be an object")
    if len(raw) > PROPERTIES_LIMIT:
        raise Rejected(Reason.TOO_LARGE, "properties", f"properties are over {PROPERTIES_LIMIT} bytes")
    if raw.count(b"{") + raw.count(b"[") > DEPTH_LIMIT and depth(raw) > DEPTH_LIMIT:
        raise Rejected(Reason.TOO_DEEP, "properties", f"properties are nested over {DEPTH_LIMIT} deep")
    if b"\\u" in raw and has_lone_surrogate(raw):
        raise Rejected(
            Reason.INVALID_UNICODE, "properties", "properties hold half of a surrogate pair (\\ud800-\\udfff)"
        )


def has_lone_surrogate(raw: bytes) -> bool:
    """Whether some text in a JSON value cannot be written as UTF-8."""
    try:
        # Numbers stay text: an integer of thousands of digits is no error here, and costs nothing.
        value = json.loads(raw, parse_int=str, parse_float=str, parse_constant=str)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def depth(raw: bytes) -> int:
    """How deep a JSON value is nested, without recursion."""
    level = deepest = 0
    inside = escaped = False
    for byte in raw:
        if escaped:
            escaped = False
        elif inside:
            escaped = byte == 92  # a backslash
            inside = byte != 34  # a quote
        elif byte == 34:
            inside = True
        elif byte in b"{[":
            level += 1
            deepest = max(deepest, level)
        elif byte in b"}]":
            level -= 1
    return deepest


def day(field: str, value: str) -> int:
    """A calendar day (`2025-01-31`, or the UTC day of an RFC 3339 time) as days since 1970."""
    try:
        if len(value) == 10:
            found = date.fromisoformat(value)
        else:
            moment = datetime.fromisoformat(value)
            found = (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError):
        raise Rejected(Reason.INVALID_VALUE, field, f"{field} must be a day such as 2025-01-31") from None
    number = found.toordinal() - date(1970, 1, 1).toordinal()
    if not 0 <= number <= LAST_DAY:
        raise Rejected(Reason.OUT_OF_RANGE, field, f"{field} must be between 1970-01-01 and 2149-06-06")
    return number
