"""Writes answers: JSON for pages and the API, CSV for spreadsheets, text for a terminal.

JSON is `{"data": […], "meta": {…}}`: ids are strings, money is a number with its exact digits, times are
RFC 3339 in UTC with milliseconds, and there is no NaN or infinity (null). CSV disarms what spreadsheets
would run.
"""

import csv
import io
import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from footfall.query.run import Answer, Row

_COMPARED = frozenset({"count", "money", "percent", "ratio", "seconds", "ms"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def as_text(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC with milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def to_json(value: Any) -> bytes:
    """Any value of answers (rows, meta, proofs) as JSON."""
    return _ENCODER.encode(_plain(value))


def encode(answer: Answer) -> bytes:
    """An answer as JSON; with `before` and `change` where it was compared with the range before."""
    found = {"data": answer.rows, "meta": answer.meta | {"columns": answer.columns}}
    if answer.before is not None:
        found |= {
            "before": {"data": answer.before.rows, "meta": answer.before.meta},
            "change": changes(answer),
        }
    return to_json(found)


def changes(answer: Answer) -> dict[str, float | None]:
    """Of an answer of one row: by how many percent each figure changed; None where it was none or nothing."""
    if answer.before is None or len(answer.rows) != 1 or len(answer.before.rows) != 1:
        return {}
    (now,), (then,) = answer.rows, answer.before.rows
    names = [column.name for column in answer.columns if column.unit in _COMPARED]
    return {name: _change(now[name], then[name]) for name in names}


def _change(now: Any, then: Any) -> float | None:
    if now is None or not then:
        return None
    return round(100 * (float(now) - float(then)) / abs(float(then)), 4)


def encode_csv(answer: Answer) -> bytes:
    """An answer as CSV with a header line, UTF-8."""
    names = [column.name for column in answer.columns]
    return csv_line(names) + b"".join(csv_row(row, names) for row in answer.rows)


def csv_row(row: Row, names: list[str]) -> bytes:
    """One row as CSV."""
    return csv_line([_defused(row[name]) for name in names])


def csv_line(texts: list[str]) -> bytes:
    """Texts as one line of CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(texts)
    return out.getvalue().encode()


def _defused(value: Any) -> str:
    """A cell; a text that a spreadsheet would take for a formula gets an apostrophe, which makes it text."""
    text = _cell(value)
    if isinstance(value, str) and text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _plain(value: Any) -> Any:
    """Datetimes as text with milliseconds, wherever they stand; msgspec would write them as they are."""
    if isinstance(value, datetime):
        return as_text(value)
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return as_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def cells(answer: Answer) -> list[list[str]]:
    """The rows as text, in the order of the columns."""
    return [[_cell(row[column.name]) for column in answer.columns] for row in answer.rows]
