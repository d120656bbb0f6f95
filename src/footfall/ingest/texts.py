"""Texts: what may be wrong with an item's text before any of its fields is looked at."""

import json
import re
from typing import Any, Final

import numpy as np

from footfall.ingest.fields import Rejected
from footfall.model import Reason

ITEM_LIMIT: Final = 1 << 20
NAME_END: Final = b'":'
_OTHER_BLANKS: Final = (b"\t", b"\n", b"\r")
_BLANK_END: Final = re.compile(rb'"[ \t\n\r]+:')


def names(text: bytes) -> int:
    """How many names an item's objects have, at the most: ends of names, and what looks like one in a value.

    -1 where a blank stands before some colon, so that an end of a name may look otherwise.
    """
    if b'" :' in text:
        return -1
    if any(blank in text for blank in _OTHER_BLANKS) and _BLANK_END.search(text):
        return -1
    return text.count(NAME_END)


def names_of_many(text: bytes) -> int:
    """The same of many items' texts together, where counting them all at once is faster."""
    letters = np.frombuffer(text, np.uint8)
    before, colons = letters[:-1], letters[1:] == 58
    return -1 if (colons & (before <= 32)).any() else int(np.count_nonzero(colons & (before == 34)))


def doubled_name(raw: bytes) -> str:
    """A name that an item, or one of its lines, gives twice; properties are kept as they are."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        value = dict(found)
        doubled = (
            next((name for name in names if names.count(name) > 1), "") if len(value) < len(names) else ""
        )
        return {"doubled": doubled, "value": value}

    # Numbers stay text: an integer of thousands of digits is no error here, and costs nothing.
    item = json.loads(raw, object_pairs_hook=pairs, parse_int=str, parse_float=str, parse_constant=str)
    lines = item["value"].get("lines")
    parts = [item, *(lines if isinstance(lines, list) else ())]
    return next((str(part["doubled"]) for part in parts if isinstance(part, dict) and part["doubled"]), "")


def doubled_anywhere(raw: bytes) -> str:
    """A name that some object in a JSON value gives twice; "" where none does."""
    doubled: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(found)
        if len(value) < len(found):
            names = [name for name, _ in found]
            doubled.append(next(name for name in names if names.count(name) > 1))
        return value

    text = raw.decode(errors="replace")
    json.loads(text, object_pairs_hook=pairs, parse_int=str, parse_float=str, parse_constant=str)
    return doubled[0] if doubled else ""


def malformed(raw: bytes, message: str) -> Rejected:
    """Why a text is no JSON: cut off, half of a surrogate pair, or plainly wrong."""
    try:
        # As text: of bytes, Python would take UTF-16 and a byte order mark for JSON as well.
        json.loads(raw.decode(), parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except RecursionError:
        return Rejected(Reason.TOO_DEEP, "", "the item is nested too deep")
    except ValueError:
        if message.startswith("Input data was truncated"):
            return Rejected(Reason.CUT_OFF, "", f"the item is cut off after {len(raw)} bytes")
        return Rejected(Reason.INVALID_JSON, "", message.removeprefix("JSON is malformed: "))
    return Rejected(Reason.INVALID_UNICODE, "", "the item holds half of a surrogate pair (\\ud800-\\udfff)")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
