"""ClickHouse's Native format, as far as ingest writes it: columns of a block, side by side.

A *body* is the columns of some rows, without the block's head. It is what the inbox stores: several bodies
become one INSERT by `block`, which adds the head and the column `block_id` to each, because a row's block
is known only when the block is fixed. Values are exact: money is a whole number of ten-thousandths, a time
a whole number of milliseconds.
"""

import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
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
    parts: list[bytes] = []
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        parts += (column.head, _encoder(column.type)(values))
    return b"".join(parts)


def join(columns: Sequence[Column], data: Sequence[Sequence[Any]]) -> bytes:
    """The body of rows that stand in columns: Strings encoded by `text`, all else as `encode` takes it."""
    parts: list[bytes] = []
    for column, values in zip(columns, data, strict=True):
        parts.append(column.head)
        parts.append(b"".join(values) if column.type == "String" else _encoder(column.type)(values))
    return b"".join(parts)


def split(data: bytes, width: int) -> list[bytes]:
    """Values of so many bytes that stand one after the other."""
    return [data[at : at + width] for at in range(0, len(data), width)]


def block(columns: Sequence[Column], bodies: Iterable[tuple[int, bytes]], block_id: int) -> bytes:
    """What is sent for one INSERT: each body (with its number of rows) and its rows' block_id."""
    head = varint(len(columns) + 1)
    tail = Column("block_id", "UInt64").head
    number = struct.pack("<Q", block_id)
    parts: list[bytes] = []
    for rows, body in bodies:
        parts += (head, varint(rows), body, tail, number * rows)
    return b"".join(parts)


def first_column(columns: Sequence[Column], body: bytes, rows: int) -> list[bytes]:
    """The bytes of the first column's values: of a UUID as `uuid.UUID.bytes`, of a number little-endian."""
    column = columns[0]
    start = len(column.head)
    width = _width(column.type)
    data = body[start : start + rows * width]
    if column.type == "UUID":
        data = _uuids([data])
    return split(data, width)


def numbers(columns: Sequence[Column], body: bytes, rows: int, name: str) -> list[int]:
    """The values of a column of numbers."""
    for column, start, end in _spans(columns, body, rows):
        if column.name == name:
            return array(_FIXED[column.type], body[start:end]).tolist()
    raise KeyError(name)


def take(columns: Sequence[Column], body: bytes, rows: int, keep: Sequence[bool]) -> bytes:
    """The body of those rows of `body` for which `keep` is true."""
    mask = np.array(keep, bool)
    parts: list[bytes] = []
    for column, start, end in _spans(columns, body, rows):
        parts.append(column.head)
        if column.type == "String":
            marks = [*_string_marks(body, start, rows), end]
            values = zip(marks, marks[1:], keep, strict=False)
            parts += [body[first:last] for first, last, kept in values if kept]
        else:
            parts.append(np.frombuffer(body[start:end], f"V{_width(column.type)}")[mask].tobytes())
    return b"".join(parts)


def _spans(columns: Sequence[Column], body: bytes, rows: int) -> Iterator[tuple[Column, int, int]]:
    """Each column with where its data begins and ends."""
    at = 0
    for column in columns:
        at += len(column.head)
        if column.type == "String":
            end = at
            for mark in _string_marks(body, at, rows + 1):
                end = mark
        else:
            end = at + rows * _width(column.type)
        yield column, at, end
        at = end


def _string_marks(body: bytes, at: int, count: int) -> Iterator[int]:
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
