"""The Native format as clients of a newer protocol want it (`client_protocol_version`).

The engine writes Native blocks for a client that names no version. Clients of version 54454 and later, such
as clickhouse-go, cannot read these: they want information about the block before each (`BlockInfo`), and a
byte behind each column's type that says whether it is stored in a special way (`NativeWriter`). Columns state
no length, so each is walked by its type to find its end. Earlier clients read what the engine writes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from footfall.engine.exceptions import NOT_IMPLEMENTED, EngineError

FIRST_VERSION = 54454
LARGE = 256 << 10
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
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


class _Incomplete(Exception):
    """The block goes on in what has not come yet."""


@dataclass(frozen=True, slots=True)
class _Type:
    """A type and what is in its brackets, the types among it parsed when they are asked for."""

    name: str
    args: tuple[str, ...] = ()

    def inner(self, at: int = 0) -> "_Type":
        return _parse(self.args[at])


class NewerNative:
    """Takes the bytes of a result in Native and gives them as a newer client reads them."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._enough = 0

    def encode(self, data: bytes, /) -> bytes:
        """The blocks that are whole by now; a large one is looked at again when it has grown by half."""
        self._pending += data
        return self._blocks() if len(self._pending) >= self._enough else b""

    def _blocks(self) -> bytes:
        ready: list[bytes] = []
        at = 0
        try:
            while at < len(self._pending):
                block, at = _block(self._pending, at)
                ready += block
        except (_Incomplete, IndexError):
            pass
        del self._pending[:at]
        self._enough = len(self._pending) * 3 // 2 if len(self._pending) > LARGE else 0
        return b"".join(ready)

    def finish(self) -> bytes:
        last = self._blocks()
        if self._pending:
            raise EngineError(33, "Cannot read all data: the last Native block is not whole")
        return last


def _block(data: bytearray, at: int) -> tuple[list[bytes], int]:
    """One block as a newer client reads it, and where it ends."""
    start = at
    columns, at = _number(data, at)
    rows, at = _number(data, at)
    parts = [_BLOCK_INFO, bytes(data[start:at])]
    for _ in range(columns):
        start = at
        at = _text_end(data, at)
        name_end, at = at, _text_end(data, at)
        _, kind_start = _number(data, name_end)
        kind = _parse(bytes(data[kind_start:at]).decode())
        parts += [bytes(data[start:at]), b"\x00"]
        start = at
        if rows:
            at = _walk(kind, data, _prefix(kind, data, at), rows)
        if at > len(data):
            raise _Incomplete
        parts.append(bytes(data[start:at]))
    return parts, at


def _number(data: bytearray, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _text_end(data: bytearray, at: int) -> int:
    size, at = _number(data, at)
    if at + size > len(data):
        raise _Incomplete
    return at + size


def _fixed(data: bytearray, at: int) -> int:
    """A number of eight bytes."""
    if at + 8 > len(data):
        raise _Incomplete
    return int.from_bytes(data[at : at + 8], "little")


def _strings(data: bytearray, at: int, rows: int) -> int:
    for _ in range(rows):
        size = data[at]
        if size < 0x80:
            at += size + 1
        else:
            size, at = _number(data, at)
            at += size
    return at


def _prefix(kind: _Type, data: bytearray, at: int) -> int:
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


def _walk(kind: _Type, data: bytearray, at: int, rows: int) -> int:
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


def _walk_nullable(kind: _Type, data: bytearray, at: int, rows: int) -> int:
    return _walk(kind.inner(), data, at + rows, rows)


def _walk_array(kind: _Type, data: bytearray, at: int, rows: int) -> int:
    at += 8 * rows
    size = _fixed(data, at - 8) if rows else 0
    for inner in _inner(kind):
        at = _walk(inner, data, at, size)
    return at


def _walk_tuple(kind: _Type, data: bytearray, at: int, rows: int) -> int:
    if not kind.args:
        return at + rows
    for inner in _inner(kind):
        at = _walk(inner, data, at, rows)
    return at


def _walk_low_cardinality(kind: _Type, data: bytearray, at: int, rows: int) -> int:
    if not rows:
        return at
    flags, at = _fixed(data, at), at + 8
    key = kind.inner()
    if flags & _ADDITIONAL_KEYS:
        keys = _fixed(data, at)
        at = _walk(key.inner() if key.name == "Nullable" else key, data, at + 8, keys)
    return at + 8 + _fixed(data, at) * _INDEX_SIZES[flags & 0xFF]


def _walk_variant(kind: _Type, data: bytearray, at: int, rows: int) -> int:
    if at + rows > len(data):
        raise _Incomplete
    chosen = data[at : at + rows]
    at += rows
    for number, inner in enumerate(_inner(kind)):
        at = _walk(inner, data, at, chosen.count(number))
    return at


def _walk_fixed_string(kind: _Type, _data: bytearray, at: int, rows: int) -> int:
    return at + int(kind.args[0]) * rows


def _walk_decimal(kind: _Type, _data: bytearray, at: int, rows: int) -> int:
    digits = int(kind.args[0])
    return at + rows * (4 if digits <= 9 else 8 if digits <= 18 else 16 if digits <= 38 else 32)


_WALKS: dict[str, Callable[[_Type, bytearray, int, int], int]] = {
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
        NOT_IMPLEMENTED,
        f"Native of client_protocol_version {FIRST_VERSION} and later has no {kind.name} here",
    )
