"""From a request's body to the texts of its items.

A body is one JSON object, an array of them, or one a line (NDJSON). An array that is malformed somewhere is
split by its brackets and commas, without recursion and in one pass, so that one bad item does not spoil the
others and a body that was cut off loses nothing before the cut.

A body holds at most `ITEMS_LIMIT` items, and its text is not copied: lines are cut out when their turn comes,
so that a body of many tiny items takes no more memory than its text and 8 bytes a line.
"""

import re
from array import array as numbers
from collections.abc import Sequence
from typing import Final, overload

import msgspec
from msgspec import Raw

from footfall.errors import CallersFault

ITEMS_LIMIT: Final = 1_000_000
BOM = b"\xef\xbb\xbf"
_items = msgspec.json.Decoder(list[Raw])
_one = msgspec.json.Decoder(Raw)
# A string (closed or cut off), or a character that opens, closes or separates; possessive, so linear.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)

_LINE = re.compile(rb"[^\s][^\n]*")
_BETWEEN = re.compile(rb"\}\s*,\s*\{")
_PIECE_BYTES: Final = 1 << 20
# Lines of a body with fewer, and of so few bytes, are cut out together, which is five times as fast.
_LINES_AT_ONCE: Final = 10_000
_BYTES_AT_ONCE: Final = 2 << 20


def split(body: bytes, *, ndjson: bool) -> Sequence[bytes | Raw]:
    """The items of a body in their order; lines that hold nothing are no items.

    Raises `CallersFault` 413 where they are too many.
    """
    text = body.removeprefix(BOM).strip(b" \t\r\n")
    if not text:
        return []
    if ndjson:
        return _lines(text)
    if text.startswith(b"["):
        try:
            if _bounded(text):
                return _items.decode(text)
        except (msgspec.DecodeError, RecursionError):
            pass
        items, rest = array(text)
        return [*items, *([rest] if rest else [])]
    try:
        _one.decode(text)
    except msgspec.DecodeError as error:
        if "trailing characters" in str(error) and b"\n" in text:
            return _lines(text)  # NDJSON that calls itself JSON
    except RecursionError:
        pass
    return [text]


def _lines(text: bytes) -> Sequence[bytes]:
    """Lines of a text that hold something."""
    if len(text) > _BYTES_AT_ONCE or text.count(b"\n") >= _LINES_AT_ONCE:
        return _Lines(text)
    return [line for line in map(bytes.strip, text.split(b"\n")) if line]


class _Lines(Sequence[bytes]):
    """Many lines, each cut out when its turn comes."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._starts = numbers("Q")
        for line in _LINE.finditer(text):
            self._starts.append(line.start())
            if len(self._starts) > ITEMS_LIMIT:
                raise _too_many()

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        if isinstance(place, slice):
            return [self._line(start) for start in self._starts[place]]
        return self._line(self._starts[place])

    def _line(self, start: int) -> bytes:
        end = self._text.find(b"\n", start)
        return self._text[start : None if end < 0 else end].strip()


def _too_many() -> CallersFault:
    return CallersFault(
        f"the body holds over {ITEMS_LIMIT:,} items: send it in parts", name="BODY_TOO_LARGE", code=413
    )


def _bounded(text: bytes) -> bool:
    """Whether an array is known to hold no more items than it may; raises where it holds more.

    Decoded at once, tiny items would take far more memory than the text. So they are counted piece by piece:
    a piece that ends between two objects and can be read as an array of its own ends between two items.
    """
    if text.count(b",") < ITEMS_LIMIT:
        return True
    count, start = 0, 1
    while len(text) - start > 2 * _PIECE_BYTES:
        found = _BETWEEN.search(text, start + _PIECE_BYTES, start + 2 * _PIECE_BYTES)
        if not found:
            return False
        end = found.start() + 1
        count += len(_items.decode(b"[%b]" % text[start:end]))
        if count > ITEMS_LIMIT:
            raise _too_many()
        start = text.index(b",", end) + 1
    count += len(_items.decode(b"[" + text[start:]))
    if count > ITEMS_LIMIT:
        raise _too_many()
    return True


def array(text: bytes) -> tuple[list[bytes], bytes]:
    """The items of an array by its brackets and commas, and whatever follows its end."""
    items: list[bytes] = []
    level, start = 0, 1
    for token in _TOKEN.finditer(text):
        if len(items) > ITEMS_LIMIT:
            raise _too_many()
        mark = text[token.start()]
        if mark in b"[{":
            level += 1
        elif mark in b"]}":
            level -= 1
            if level == 0:
                items.append(text[start : token.start()])
                start = token.end()
                break
        elif mark == 44 and level == 1:  # a comma between items
            items.append(text[start : token.start()])
            start = token.end()
    else:
        items.append(text[start:])
        start = len(text)
    if len(items) > ITEMS_LIMIT:
        raise _too_many()
    return [item for item in map(bytes.strip, items) if item], text[start:].strip()
