"""Headers of `.sql` files: comment lines `-- key: value` on top of a statement, and what they declare.

`catalogue` tells what a query's header holds. A line that goes on is indented. A parameter reads `name Type
= default ; accepts ; help`, a column `name unit ; help`; units are the words of `UNITS`. What cannot be
read raises `ValueError` with the line and what is expected.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

GRAINS: Final = ("hour", "day")
UNITS: Final = frozenset(
    {"id", "text", "count", "money", "percent", "ratio", "seconds", "ms", "time", "day", "flag", "json"}
)
Entries = list[tuple[str, str]]
_LINE = re.compile(r"--\s?(?P<text>.*)")
_KEY = re.compile(
    r"(?P<key>title|description|reads|grain|range|back|estimate|raw|note|param|column):\s*(?P<value>.*)"
)
_PARAM = re.compile(r"(?P<name>[a-z_0-9]+)\s+(?P<type>[^=;]+?)\s*=\s*(?P<default>[^;]*?)\s*;(?P<rest>.*)")
_COLUMN = re.compile(r"(?P<name>[a-z_0-9]+)\s+(?P<unit>[a-z]+)\s*;\s*(?P<help>.*)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed input of a query: ClickHouse type, default as text, what it accepts, help.

    One that is `inherited` comes with a part of the statement, or with what every query of its kind takes.
    """

    name: str
    type: str
    default: str
    accepts: str
    help: str
    required: bool = False
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer; the unit is one of `UNITS`. An estimate is near the exact figure.

    One that is `raw` counts raw rows beside a rollup that outlives them.
    """

    name: str
    unit: str
    help: str
    estimate: bool = False
    raw: bool = False


def split(text: str) -> tuple[Entries, str]:
    """Header entries and the statement under them."""
    lines = text.strip().splitlines()
    entries: Entries = []
    for number, line in enumerate(lines):
        comment = _LINE.fullmatch(line)
        if comment is None:
            return entries, "\n".join(lines[number:]).strip()
        if found := _KEY.fullmatch(comment["text"]):
            entries.append((found["key"], found["value"].strip()))
        elif entries and comment["text"].startswith(" "):
            key, value = entries[-1]
            entries[-1] = key, f"{value} {comment['text'].strip()}"
        elif comment["text"].strip():
            raise ValueError(f"line {number + 1} is not `-- key: value`: {line}")
    raise ValueError("there is no statement under the header")


def single(entries: Entries, key: str) -> str:
    """The one value of a key that must be there."""
    values = [value for found, value in entries if found == key]
    if len(values) != 1 or not values[0]:
        raise ValueError(f"the header needs one line `-- {key}: …`")
    return values[0]


def grain(entries: Entries) -> str | None:
    """To what `from` and `to` are widened."""
    found = next((value for key, value in entries if key == "grain"), None)
    if found is not None and found not in GRAINS:
        raise ValueError(f"grain is {found}; it takes {' or '.join(GRAINS)}")
    return found


def days(entries: Entries, name: str) -> int | None:
    """A number of days, as `range` and `back` have it."""
    text = next((value for key, value in entries if key == name), None)
    if text is None:
        return None
    number, _, unit = text.partition(" ")
    if not number.isdecimal() or unit != "days":
        raise ValueError(f"{name} is {text}; it takes a number of days, as in 400 days")
    return int(number)


def parameters(entries: Entries) -> tuple[Parameter, ...]:
    """The parameters that a header declares."""
    return tuple(_parameter(value) for key, value in entries if key == "param")


def _parameter(value: str) -> Parameter:
    found = _PARAM.fullmatch(value)
    if found is None:
        raise ValueError(f"a parameter reads `name Type = default ; accepts ; help`, not: {value}")
    accepts, _, help_ = found["rest"].partition(";")
    accepts, comma, required = (accepts.strip() or "any").partition(", required")
    return Parameter(
        found["name"], found["type"], found["default"], accepts + required, help_.strip(), bool(comma)
    )


def columns(entries: Entries) -> tuple[Column, ...]:
    """The columns that a header declares, with those that are estimates and those that raw rows answer."""
    found = [_column(value) for key, value in entries if key == "column"]
    estimates, raw = (_names(entries, key, found) for key in ("estimate", "raw"))
    return tuple(
        replace(column, estimate=column.name in estimates, raw=column.name in raw) for column in found
    )


def _names(entries: Entries, key: str, columns: list[Column]) -> set[str]:
    """The columns that the lines of a key name."""
    lists = [value.split(",") for found, value in entries if found == key]
    names = {name.strip() for found in lists for name in found}
    if unknown := names - {column.name for column in columns}:
        raise ValueError(f"{key} names {sorted(unknown)[0]!r}: there is no such column")
    return names


def _column(value: str) -> Column:
    found = _COLUMN.fullmatch(value)
    if found is None:
        raise ValueError(f"a column reads `name unit ; help`, not: {value}")
    if found["unit"] not in UNITS:
        raise ValueError(f"unit {found['unit']} of column {found['name']}: use {', '.join(sorted(UNITS))}")
    return Column(found["name"], found["unit"], found["help"])
