"""From a request's body to the texts of its items.

A body is one JSON object, an array of them, or one a line (NDJSON). An array that is malformed somewhere is
split by its brackets and commas, without recursion and in one pass, so that one bad item does not spoil the
others and a body that was cut off loses nothing before the cut.
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw

BOM = b"\xef\xbb\xbf"
_items = msgspec.json.Decoder(list[Raw])
_one = msgspec.json.Decoder(Raw)
# A string (closed or cut off), or a character that opens, closes or separates; possessive, so linear.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)


def split(body: bytes, *, ndjson: bool) -> Sequence[bytes | Raw]:
    """The items of a body in their order; lines that hold nothing are no items."""
    text = body.removeprefix(BOM).strip(b" \t\r\n")
    if not text:
        return []
    if ndjson:
        return _lines(text)
    if text.startswith(b"["):
        try:
            return _items.decode(text)
        except (msgspec.DecodeError, RecursionError):
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


def _lines(text: bytes) -> list[bytes]:
    return [line for line in map(bytes.strip, text.split(b"\n")) if line]


def array(text: bytes) -> tuple[list[bytes], bytes]:
    """The items of an array by its brackets and commas, and whatever follows its end."""
    items = []
    level, start = 0, 1
    for token in _TOKEN.finditer(text):
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
    return [item for item in map(bytes.strip, items) if item], text[start:].strip()
