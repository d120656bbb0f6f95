"""Words for what a field takes, and for what was sent instead: decoding's errors as a shop can read them."""

import json
import re
from decimal import Decimal
from typing import Any, Final, NamedTuple, get_type_hints

from msgspec import Struct

from footfall.model import ORDER_STATUSES, Event, Id, Kind, Order, OrderLine, OrderStatus, Product, Time, User

SHOWN: Final = 40  # characters of a value that a message repeats


class Words(NamedTuple):
    """What a value should be, and what the field takes."""

    noun: str
    takes: str


_STATUSES: Final = f"{', '.join(ORDER_STATUSES[:-1])} or {ORDER_STATUSES[-1]}"
_BY_TYPE: Final[list[tuple[Any, Words]]] = [
    (OrderStatus, Words("a status", _STATUSES)),
    (Id, Words("an id", "a text, or a whole number of at most 19 digits")),
    (str, Words("a text", "a text in quotes")),
    (bool, Words("a yes or no", "true or false, without quotes")),
    (int, Words("a whole number", "digits without quotes and without a decimal point")),
    (
        Decimal,
        Words("a sum of money", "a number such as 9.90, with a point and without a currency, or it as text"),
    ),
    (
        Time,
        Words(
            "a time",
            "RFC 3339 with a zone (2025-01-31T12:00:00Z), or a number of seconds or milliseconds since 1970",
        ),
    ),
    (list[OrderLine], Words("a list of lines", "an array of objects with product_id, quantity, unit_price")),
]
_LINE: Final = Words("a line", "an object with product_id, quantity, unit_price")
_PART: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_STRUCTS: Final[dict[Kind, type[Struct]]] = {
    "events": Event,
    "orders": Order,
    "users": User,
    "products": Product,
}


def _of(struct: type[Struct]) -> dict[str, Words]:
    hints = get_type_hints(struct)
    return {
        name: words
        for name, hint in hints.items()
        for type_, words in _BY_TYPE
        if hint in {type_, type_ | None}
    }


_WORDS: Final = {kind: _of(struct) for kind, struct in _STRUCTS.items()}
_LINE_WORDS: Final = _of(OrderLine)


def wrong_value(kind: Kind, path: str, raw: bytes) -> str | None:
    """What is wrong with the value at `path` of an item, and what would be right; None where no words fit."""
    parts = [name or int(number) for name, number in _PART.findall(path)]
    match parts:
        case [str(name)]:
            words = _WORDS[kind].get(name)
        case ["lines", int()]:
            words = _LINE
        case ["lines", int(), str(name)]:
            words = _LINE_WORDS.get(name)
        case _:
            words = None
    if words is None:
        return None
    said = f"{_shown(parts, raw)} is not {words.noun}; it takes {words.takes}"
    return said if path == "status" else f"{path}: {said}"


def _shown(parts: list[str | int], raw: bytes) -> str:
    """The value as the message repeats it: texts in single quotes, and not all of what is long."""
    try:
        value: Any = json.loads(raw, parse_int=_Digits, parse_float=_Digits, parse_constant=_Digits)
        for part in parts:
            value = value[part]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "this value"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, _Digits):
        return _cut(value)
    return f"'{_cut(value)}'" if isinstance(value, str) else json.dumps(value)


class _Digits(str):
    """A number as it was written: one of thousands of digits is no error, and costs nothing."""

    __slots__ = ()


def _cut(text: str) -> str:
    kept = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    return kept if kept.isprintable() else "".join(c if c.isprintable() else "?" for c in kept)
