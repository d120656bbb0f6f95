"""TTLs that cannot act in time.

A row should go within a fourth of its TTL after the TTL's end. It does not where whole parts are dropped
(`ttl_only_drop_parts`) and a part holds rows of a longer time than that: with daily partitions, as one should
have it, it never does; without partitions by time a part that goes on merging keeps its rows for ever. Nor
does it where merges for the TTL come more rarely than that. Read from a table's definition as the store
formats it; where a partition's length or a TTL's cannot be told, nothing is said.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

LATE: Final = 0.25
"""How much longer than its TTL a row may stay, as a share of the TTL."""
_A_YEAR: Final = 366
_DAY_S: Final = 86_400
_FOR_EVER: Final = float("inf")
_DAYS: Final = {
    "Second": 1 / _DAY_S,
    "Minute": 60 / _DAY_S,
    "Hour": 1 / 24,
    "Day": 1,
    "Week": 7,
    "Month": 31,
    "Quarter": 92,
    "Year": _A_YEAR,
}
_INTERVAL: Final = re.compile(
    r"toInterval(?P<unit>[A-Z][a-z]+)\((?P<n>\d+)\)|add(?P<units>[A-Z][a-z]+)s\(.*?, (?P<m>\d+)\)"
)
_PARTITIONS: Final = {
    **dict.fromkeys(("toDate", "toDate32", "toStartOfDay", "toYYYYMMDD", "toRelativeDayNum"), 1),
    **dict.fromkeys(("toStartOfHour", "toRelativeHourNum"), 1 / 24),
    **dict.fromkeys(("toMonday", "toStartOfWeek", "toYearWeek", "toRelativeWeekNum"), 7),
    **dict.fromkeys(("toYYYYMM", "toStartOfMonth", "toRelativeMonthNum"), 31),
    **dict.fromkeys(("toStartOfQuarter", "toRelativeQuarterNum"), 92),
    **dict.fromkeys(
        ("toYear", "toStartOfYear", "toISOYear", "toStartOfISOYear", "toRelativeYearNum"), _A_YEAR
    ),
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the store's own tables tell of it; `soonest`: days until the first of its rows expires."""

    name: str
    definition: str
    partitions: str
    types: Mapping[str, str]
    soonest: int | None = None


def late(table: Table) -> Iterator[str]:
    """A line for each reason for which the table's TTL cannot act in time."""
    days = _ttl_days(table.definition)
    if days is None:
        return
    whole_parts = re.search(r"ttl_only_drop_parts = (1|true)\b", table.definition)
    lasts = _partition_days(table) if whole_parts else 0
    if lasts == _FOR_EVER:
        yield (
            f"{table.name} drops whole parts only (ttl_only_drop_parts) and has no partitions by time: "
            "merges put new rows to old ones, so hardly a part ever expires; partition it by day"
        )
    elif lasts > LATE * days:
        yield (
            f"{table.name} drops whole parts only (ttl_only_drop_parts), and a partition by "
            f"{table.partitions} holds {lasts:g} days: rows stay up to that much longer than their {days:g}; "
            "partition it by day"
        )
    pause = re.search(r"merge_with_ttl_timeout = (\d+)", table.definition)
    if pause and int(pause[1]) > LATE * days * _DAY_S:
        yield (
            f"{table.name} merges for its TTL every {int(pause[1]) / _DAY_S:g} days only "
            f"(merge_with_ttl_timeout): rows stay up to that much longer than their {days:g}"
        )
    if table.soonest is not None and table.soonest > days + _A_YEAR:
        yield (
            f"{table.name} has no row that expires within {table.soonest:,} days, though its TTL is {days:g}"
            ": is the time that it counts from ever set?"
        )


def _ttl_days(definition: str) -> float | None:
    """The shortest time after which rows are deleted; None where there is none, or none can be told."""
    clause = re.search(r" TTL (.*?)(?: SETTINGS |\Z)", definition, re.DOTALL)
    deleting = [
        sum(_interval_days(found) for found in _INTERVAL.finditer(rule))
        for rule in (split(clause[1]) if clause else ())
        if not re.search(r" (TO (DISK|VOLUME) |RECOMPRESS |GROUP BY |WHERE )", rule)
    ]
    return min((days for days in deleting if days), default=None)


def _interval_days(found: re.Match[str]) -> float:
    unit = found["unit"] or found["units"]
    return _DAYS.get(unit, 0) * int(found["n"] or found["m"])


def _partition_days(table: Table) -> float:
    """How many days a partition holds: 0 where that cannot be told, for ever where it is not by time."""
    key = "" if table.partitions == "tuple()" else table.partitions
    inner = key[1:-1] if key.startswith("(") and len(split(key)) == 1 else key
    return min((_days_of(part, table.types) for part in split(inner)), default=_FOR_EVER)


def _days_of(part: str, types: Mapping[str, str]) -> float:
    if part in types:
        return 1 if "Date" in types[part] else _FOR_EVER
    name = part.partition("(")[0]
    if name == "toStartOfInterval" and (found := _INTERVAL.search(part)):
        return _interval_days(found)
    return _PARTITIONS.get(name, 0)


def split(text: str) -> list[str]:
    """A list at its commas outside brackets."""
    pieces, depth, began = [], 0, 0
    for at, character in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            pieces.append(text[began:at].strip())
            began = at + 1
    return [piece for piece in (*pieces, text[began:].strip()) if piece]
