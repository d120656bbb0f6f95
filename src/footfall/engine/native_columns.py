"""The columns of blocks in the Native format, as the engine writes it for a client that names no revision.

Columns state no length: to find its end, each is walked by its type, with what its rows state of their own
sizes. States of aggregate functions, Dynamic and JSON cannot be walked (48). A block is whole when it is
looked at.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from footfall.engine.exceptions import NOT_IMPLEMENTED, EngineError

_SIZES = {
    **dict.fromkeys(("Int8", "UInt8", "Bool", "Enum8", "Nothing"), 1),
    **dict.fromkeys(("Int16", "UInt16", "Date", "Enum16", "BFloat16"), 2),
    **dict.fromkeys(("Int32", "UInt32", "Float32", "Date32", "DateTime", "IPv4", "Time"), 4),
    **dict.fromkeys(("Int64", "UInt64", "Float64", "DateTime64", "Time64"), 8),
    **dict.fromkeys(("Int128", "UInt128", "UUID", "IPv6"), 16),
    **dict.fromkeys(("Int256", "UInt256"), 32),
}
_ALIASES = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "Polygon": "Array(Ring)",
    "MultiLineString": "Array(LineString)",
    "MultiPolygon": "Array(Polygon)",
}
_INDEX_SIZES = {0: 1, 1: 2, 2: 4, 3: 8}
_ADDITIONAL_KEYS = 1 << 9
_PIECE = re.compile(r"'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.|``)*`|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Type:
    """A type and what is in its brackets, the types among it parsed when they are asked for."""

    name: str
    args: tuple[str, ...] = ()

    def inner(self, at: int = 0) -> "_Type":
        return _parse(self.args[at])


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column's type begins in its block, its rows, and where it ends."""

    type_start: int
    rows_start: int
    end: int


def columns_of(data: bytes, at: int) -> Iterator[Column]:
    """The columns of the block that begins at `at`."""
    columns, at = _number(data, at)
    rows, at = _number(data, at)
    for _ in range(columns):
        type_start = _text_end(data, at)
        at = rows_start = _text_end(data, type_start)
        _, name_start = _number(data, type_start)
        kind = _parse(data[name_start:at].decode("latin-1"))
        if rows:
            at = _walk(kind, data, _prefix(kind, data, at), rows)
        if at > len(data):
            raise EngineError(33, "Cannot read all data: a Native block is not whole")
        yield Column(type_start, rows_start, at)


def head_end(data: bytes, at: int) -> int:
    """Where the first column of the block that begins at `at` is, or the next block."""
    return _number(data, _number(data, at)[1])[1]


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _text_end(data: bytes, at: int) -> int:
    size, at = _number(data, at)
    return at + size


def _fixed(data: bytes, at: int) -> int:
    """A number of eight bytes."""
    return int.from_bytes(data[at : at + 8], "little")


def _strings(data: bytes, at: int, rows: int) -> int:
    for _ in range(rows):
        size = data[at]
        if size < 0x80:
            at += size + 1
        else:
            size, at = _number(data, at)
            at += size
    return at


def _prefix(kind: _Type, data: bytes, at: int) -> int:
    """Where what stands before a column's rows ends."""
    if kind.name == "LowCardinality":
        return at + 8
    if kind.name == "Variant":
        at += 8
    elif kind.name == "JSON":
        if _fixed(data, at) != 1:  # 1: as text, with output_format_native_write_json_as_string
            raise _refusal(kind)
        return at + 8
    for inner in _inner(kind):
        at = _prefix(inner, data, at)
    return at


def _walk(kind: _Type, data: bytes, at: int, rows: int) -> int:
    """Where a column's rows end."""
    if size := _SIZES.get(kind.name):
        return at + size * rows
    if kind.name in ("String", "JSON"):
        return _strings(data, at, rows)
    if walk := _WALKS.get(kind.name):
        return walk(kind, data, at, rows)
    if kind.name.startswith("Interval"):
        return at + 8 * rows
    raise _refusal(kind)


def _walk_nullable(kind: _Type, data: bytes, at: int, rows: int) -> int:
    return _walk(kind.inner(), data, at + rows, rows)


def _walk_array(kind: _Type, data: bytes, at: int, rows: int) -> int:
    at += 8 * rows
    size = _fixed(data, at - 8) if rows else 0
    for inner in _inner(kind):
        at = _walk(inner, data, at, size)
    return at


def _walk_tuple(kind: _Type, data: bytes, at: int, rows: int) -> int:
    if not kind.args:
        return at + rows
    for inner in _inner(kind):
        at = _walk(inner, data, at, rows)
    return at


def _walk_low_cardinality(kind: _Type, data: bytes, at: int, rows: int) -> int:
    if not rows:
        return at
    flags, at = _fixed(data, at), at + 8
    key = kind.inner()
    if flags & _ADDITIONAL_KEYS:
        keys = _fixed(data, at)
        at = _walk(key.inner() if key.name == "Nullable" else key, data, at + 8, keys)
    return at + 8 + _fixed(data, at) * _INDEX_SIZES[flags & 0xFF]


def _walk_variant(kind: _Type, data: bytes, at: int, rows: int) -> int:
    chosen = data[at : at + rows]
    at += rows
    for number, inner in enumerate(_inner(kind)):
        at = _walk(inner, data, at, chosen.count(number))
    return at


def _walk_fixed_string(kind: _Type, _data: bytes, at: int, rows: int) -> int:
    return at + int(kind.args[0]) * rows


def _walk_decimal(kind: _Type, _data: bytes, at: int, rows: int) -> int:
    digits = int(kind.args[0])
    return at + rows * (4 if digits <= 9 else 8 if digits <= 18 else 16 if digits <= 38 else 32)


_WALKS: dict[str, Callable[[_Type, bytes, int, int], int]] = {
    "Nullable": _walk_nullable,
    "Array": _walk_array,
    "Map": _walk_array,
    "Nested": _walk_array,
    "Tuple": _walk_tuple,
    "LowCardinality": _walk_low_cardinality,
    "Variant": _walk_variant,
    "FixedString": _walk_fixed_string,
    "Decimal": _walk_decimal,
}


def _inner(kind: _Type) -> list[_Type]:
    """The types that a type is made of, in the order of their data."""
    if kind.name in ("Nullable", "Array", "Map", "Nested", "Tuple", "Variant"):
        return [_parse(arg) for arg in kind.args]
    return []


@lru_cache(1024)
def _parse(text: str) -> _Type:
    """A type by its text, which may have a column's name before it."""
    depth, parts, bracket = 0, [""], ""
    for found in _PIECE.finditer(text):
        piece = found.group()
        depth -= piece == ")"
        if depth == 0 and piece == " ":  # what was before is a name
            parts = [""]
        elif depth == 0 and piece == "(":
            bracket = parts[-1]
            parts = [""]
        elif depth == 1 and piece == ",":
            parts.append("")
        elif not (depth == 0 and piece == ")"):
            parts[-1] += piece
        depth += piece == "("
    if not bracket:
        name = parts[-1]
        return _parse(_ALIASES[name]) if name in _ALIASES else _Type(name)
    kind = _Type(bracket, tuple(part.strip() for part in parts if part.strip()))
    return _parse(kind.args[1]) if kind.name == "SimpleAggregateFunction" else kind


def _refusal(kind: _Type) -> EngineError:
    return EngineError(
        NOT_IMPLEMENTED, f"Native of client_protocol_version 54454 and later has no {kind.name} here"
    )
