"""ClickHouse's Native format, as far as ingest writes it: columns of a block, side by side.

A *body* is the columns of some rows: a zero byte, the length of each column's data (4 bytes), the data. It is
what the inbox stores. Several bodies become one block of an INSERT by `block`, which puts their columns one
behind the other and adds the column `block_id`, because a row's block is known only when the block is fixed.
Values are exact: money is a whole number of ten-thousandths, a time a whole number of milliseconds.

Release 0.1 wrote bodies as a block has them: each column behind its name and type. Such bodies are read, too.
"""

import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is sent: its name, and its type (the engine casts String to LowCardinality)."""

    name: str
    type: str

    @property
    def head(self) -> bytes:
        """What stands before the column's data in a block."""
        return text(self.name) + text(self.type)


# Types of fixed width: the letter of `array` and `numpy`, both little-endian here.
_FIXED = {
    "UInt8": "B",
    "Bool": "B",
    "Date": "H",
    "UInt32": "I",
    "Int32": "i",
    "UInt64": "Q",
    "Decimal(18, 4)": "q",
    "DateTime64(3, 'UTC')": "q",
}
_LENGTH = "I"
_LENGTHS = [bytes([n]) for n in range(128)]


def varint(number: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def text(value: str | bytes) -> bytes:
    """A String: its length in bytes, then its bytes."""
    raw = value.encode() if isinstance(value, str) else value
    return (_LENGTHS[len(raw)] if len(raw) < 128 else varint(len(raw))) + raw


def _strings(values: Sequence[str | bytes]) -> bytes:
    first = values[0]
    if values.count(first) == len(values):  # absent fields, and those that a whole batch shares
        return text(first) * len(values)
    return b"".join(map(text, values))


def _uuids(values: Sequence[bytes]) -> bytes:
    return np.frombuffer(b"".join(values), ">u8").astype("<u8").tobytes()


def _encoder(type_: str) -> Callable[[Sequence[Any]], bytes]:
    if type_ == "String":
        return _strings
    if type_ == "UUID":
        return _uuids
    code = _FIXED[type_]
    return lambda values: array(code, values).tobytes()


def encode(columns: Sequence[Column], rows: Sequence[Row]) -> bytes:
    """The body of at least one row; a row holds one value a column, in their order."""
    return _body(
        [
            _encoder(column.type)(values)
            for column, values in zip(columns, zip(*rows, strict=True), strict=True)
        ]
    )


def join(columns: Sequence[Column], data: Sequence[Sequence[Any]]) -> bytes:
    """The body of rows that stand in columns: as one text of bytes that is the column's data, or by values:
    Strings encoded by `text`, all else as `encode` takes it."""
    return _body([_joined(column.type, values) for column, values in zip(columns, data, strict=True)])


def _joined(type_: str, values: Sequence[Any]) -> bytes:
    if isinstance(values, bytes):
        return values
    return b"".join(values) if type_ == "String" else _encoder(type_)(values)


def _body(parts: Sequence[bytes]) -> bytes:
    return b"".join((b"\0", array(_LENGTH, map(len, parts)).tobytes(), *parts))


def split(data: bytes, width: int) -> list[bytes]:
    """Values of so many bytes that stand one after the other."""
    return list(struct.unpack(f"{width}s" * (len(data) // width), data))


def block(columns: Sequence[Column], bodies: Sequence[tuple[int, bytes]], block_id: int) -> bytes:
    """What is sent for one INSERT: the rows of all bodies (each with its number of rows) and their block_id.

    It is one block, whatever the number of bodies: the engine makes one part of each table it touches, and
    100,000 rows in one block cost it half of what they cost in a hundred.
    """
    cut = [_columns(columns, body, rows) for rows, body in bodies]
    count = sum(rows for rows, _ in bodies)
    parts: list[bytes | memoryview] = [varint(len(columns) + 1), varint(count)]
    for column, data in zip(columns, zip(*cut, strict=True), strict=True):
        parts += (column.head, *data)
    parts += (Column("block_id", "UInt64").head, struct.pack("<Q", block_id) * count)
    return b"".join(parts)


def first_column(columns: Sequence[Column], body: bytes, rows: int) -> list[bytes]:
    """The bytes of the first column's values: of a UUID as `uuid.UUID.bytes`, of a number little-endian."""
    data = bytes(_columns(columns, body, rows)[0])
    type_ = columns[0].type
    return split(_uuids([data]) if type_ == "UUID" else data, _width(type_))


def numbers(columns: Sequence[Column], body: bytes, rows: int, name: str) -> list[int]:
    """The values of a column of numbers."""
    for column, data in zip(columns, _columns(columns, body, rows), strict=True):
        if column.name == name:
            return array(_FIXED[column.type], bytes(data)).tolist()
    raise KeyError(name)


def take(columns: Sequence[Column], body: bytes, rows: int, keep: Sequence[bool]) -> bytes:
    """The body of those rows of `body` for which `keep` is true."""
    mask = np.array(keep, bool)
    parts: list[bytes] = []
    for column, data in zip(columns, _columns(columns, body, rows), strict=True):
        if column.type == "String":
            marks = [*_string_marks(data, 0, rows), len(data)]
            values = zip(marks, marks[1:], keep, strict=False)
            parts.append(b"".join([data[first:last] for first, last, kept in values if kept]))
        else:
            parts.append(np.frombuffer(data, f"V{_width(column.type)}")[mask].tobytes())
    return _body(parts)


def _columns(columns: Sequence[Column], body: bytes, rows: int) -> list[memoryview]:
    """The data of each column of a body."""
    view = memoryview(body)
    if body[0]:
        return [view[start:end] for start, end in _spans(columns, body, rows)]
    lengths = array(_LENGTH, view[1 : 1 + 4 * len(columns)].tobytes())
    ends = [*accumulate(lengths, initial=1 + 4 * len(columns))]
    return [view[start:end] for start, end in pairwise(ends)]


def put(
    columns: Sequence[Column], body: bytes, rows: int, change: Sequence[bool], values: dict[str, Any]
) -> bytes:
    """The body with these values (by column) in those rows for which `change` is true."""
    parts: list[bytes] = []
    for column, data in zip(columns, _columns(columns, body, rows), strict=True):
        if column.name not in values:
            parts.append(bytes(data))
        elif column.type == "String":
            marks = [*_string_marks(data, 0, rows), len(data)]
            new = text(values[column.name])
            old = (bytes(data[first:last]) for first, last in pairwise(marks))
            parts.append(b"".join([new if its else was for was, its in zip(old, change, strict=True)]))
        else:
            numbers_ = array(_FIXED[column.type], bytes(data))
            for place in np.flatnonzero(np.array(change, bool)).tolist():
                numbers_[place] = values[column.name]
            parts.append(numbers_.tobytes())
    return _body(parts)


def strings(columns: Sequence[Column], body: bytes, rows: int, name: str) -> list[bytes]:
    """The values of a column of Strings."""
    for column, data in zip(columns, _columns(columns, body, rows), strict=True):
        if column.name == name:
            marks = [*_string_marks(data, 0, rows), len(data)]
            return [_without_length(bytes(data[first:last])) for first, last in pairwise(marks)]
    raise KeyError(name)


def _without_length(value: bytes) -> bytes:
    at = 0
    while value[at] > 127:
        at += 1
    return value[at + 1 :]


def _spans(columns: Sequence[Column], body: bytes, rows: int) -> Iterator[tuple[int, int]]:
    """Where the data of each column begins and ends, in a body of release 0.1."""
    at = 0
    for column in columns:
        at += len(column.head)
        end = at + rows * _width(column.type) if column.type != "String" else at
        if column.type == "String":
            *_, end = _string_marks(body, at, rows + 1)
        yield at, end
        at = end


def _string_marks(body: bytes | memoryview, at: int, count: int) -> Iterator[int]:
    """Where each of `count` values of a String column begins; the last mark may be the column's end."""
    for number in range(count):
        yield at
        if number == count - 1:
            return
        length = shift = 0
        while True:
            byte = body[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        at += length


def _width(type_: str) -> int:
    return 16 if type_ == "UUID" else array(_FIXED[type_]).itemsize
