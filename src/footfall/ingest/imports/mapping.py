"""From their columns to our fields: what `--map`, `--event`, `--tz` and a mapping file say.

A mapping file is TOML; `mappings/` holds those that come with Footfall, which go by their name alone:

    as = "orders"                        # what the rows are
    tz = "Europe/London"                 # zone of times that name none
    time_format = "%d/%m/%Y %H:%M"       # of times that are not ISO 8601 (strptime)
    encoding = "cp1252"                  # of text that is not UTF-8
    delimiter = ";"                      # of CSV whose header does not show it
    drop = ["Description"]               # columns that are not wanted

    [fields]                             # our field = their column
    order_id = "InvoiceNo"

    [constants]                          # our field = a value for every row
    payment_method = "card"

    [events]                             # their name of an event = ours
    basket = "add_to_cart"

    [[rules.status]]                     # a field that other columns decide: the first rule that holds
    is = "refunded"
    where.InvoiceNo = "starts with C"    # all of its conditions; see `rules.TESTS`

    [[rules.revenue]]
    from = "price"                       # the column that holds the value, where the conditions hold
    where.event_type = "is purchase"

A column that has a field's name and is not mapped is that field; one that no field takes is kept in
`properties` under its own name. Values that do not fit a field are passed on as they are: ingest rejects them
with the reason.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from footfall.errors import UsageError
from footfall.ingest.imports.rules import Rule, decimal_of, read_rules, text_of
from footfall.model import KINDS, Event, Kind, Order, Product, User

SHIPPED: Final = Path(__file__).parent / "mappings"
_STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {
    "events": Event, "orders": Order, "users": User, "products": Product
}  # fmt: skip
FIELDS: Final = {
    kind: tuple(name for name in struct.__struct_fields__ if name not in {"properties", "entry_id"})
    for kind, struct in _STRUCTS.items()
}
TIME_FIELD: Final[dict[str, str]] = {
    "events": "event_timestamp", "orders": "order_timestamp", "users": "updated_at", "products": "updated_at"
}  # fmt: skip
_BOOLS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
_INTS: Final = frozenset({"quantity", "age", "duration_seconds"})
_MONEY: Final = frozenset({"revenue", "value", "unit_price", "discount", "price"})
_TIMES: Final = frozenset(TIME_FIELD.values())
_ZONE_BY_NAME: Final = re.compile(r"\s*(UTC|GMT)$")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """A mapping as it was asked for; `Mapper` applies it to a file's columns."""

    kind: Kind = "events"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    time_format: str = ""
    encoding: str = "utf-8"
    delimiter: str = ""
    drop: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)


def read_mapping(
    file: str | None, kind: str | None, mapping: Iterable[str], events: Iterable[str], tz: str | None
) -> FieldMapping:
    """What a mapping file says, with what the command line says over it; raises `UsageError`."""
    found = _of_file(file) if file else FieldMapping()
    if kind is not None:
        found = replace(found, kind=_kind(kind))
    if tz is not None:
        found = replace(found, zone=_zone(tz))
    found = replace(
        found,
        columns={**found.columns, **_pairs(mapping, "--map", "FIELD=COLUMN")},
        events={**found.events, **_pairs(events, "--event", "THEIRS=OURS")},
    )
    known = FIELDS[found.kind]
    for name in (*found.columns, *found.constants, *found.rules):
        if name not in known:
            raise UsageError(f"{found.kind} have no field {name}; they have {', '.join(known)}")
    return found


def _of_file(name: str) -> FieldMapping:
    path = Path(name)
    if not path.suffix and not path.exists():
        path = SHIPPED / f"{name}.toml"
        if not path.exists():
            known = ", ".join(sorted(shipped.stem for shipped in SHIPPED.glob("*.toml")))
            raise UsageError(f"there is no mapping {name}; there are {known}, or give a TOML file")
    try:
        return _parse(tomllib.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path}: {error}") from None


def _parse(given: dict[str, Any]) -> FieldMapping:
    names = {"as": "kind", "tz": "zone", "fields": "columns"}
    parsers: dict[str, Callable[[Any], Any]] = {
        "kind": _kind, "zone": _zone, "drop": frozenset, "rules": read_rules
    }  # fmt: skip
    values: dict[str, Any] = {}
    accepted = {setting.name for setting in fields(FieldMapping)} - set(names.values()) | names.keys()
    for name, value in given.items():
        if name not in accepted:
            raise ValueError(f"unknown key {name}; it takes {', '.join(sorted(accepted))}")
        ours = names.get(name, name)
        values[ours] = parsers[ours](value) if ours in parsers else value
    return FieldMapping(**values)


def _kind(text: str) -> Kind:
    if text not in KINDS:
        raise UsageError(f"rows are {', '.join(get_args(Kind))}, not {text!r}")
    return text


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"there is no time zone {text!r}; use names like Europe/London") from None


def _pairs(texts: Iterable[str], option: str, shape: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        left, equals, right = text.partition("=")
        if not (left and equals and right):
            raise UsageError(f"{option} is {text!r}; it takes {shape}")
        pairs[left.strip()] = right.strip()
    return pairs


class Mapper:
    """Makes an item of each row of a file with these columns; `shift` is added to every time."""

    def __init__(self, mapping: FieldMapping, columns: tuple[str, ...]) -> None:
        self.mapping = mapping
        self.shift = timedelta()
        self._known = frozenset(FIELDS[mapping.kind])
        self._check_columns(columns)
        self._decided = mapping.columns.keys() | mapping.constants.keys() | mapping.rules.keys()
        self._taken = frozenset(mapping.columns.values()) | mapping.drop

    def _check_columns(self, columns: tuple[str, ...]) -> None:
        rules = [rule for listed in self.mapping.rules.values() for rule in listed]
        conditions = [column for rule in rules for column, _ in rule.conditions]
        values = [rule.column for rule in rules if rule.column is not None]
        for column in (*self.mapping.columns.values(), *conditions, *values, *self.mapping.drop):
            if columns and column not in columns:
                raise UsageError(f"the file has no column {column!r}; it has {', '.join(columns)}")

    def item(self, row: Row, row_id: str) -> dict[str, Any]:
        """The item that ingest is sent for a row; `row_id` makes it idempotent."""
        item = {name: value for name, value in self._fields(row) if value is not None}
        if properties := self._properties(row):
            item["properties"] = properties
        if self.mapping.kind == "events":
            item.setdefault("event_id", row_id)
        elif self.mapping.kind == "orders":
            item["entry_id"] = row_id
        return item

    def time(self, row: Row) -> datetime | None:
        """When a row happened, before any shift; None where it does not say."""
        name = TIME_FIELD[self.mapping.kind]
        value = self._time(row.get(self.mapping.columns.get(name, name)))
        return value if isinstance(value, datetime) else None

    def _is_field(self, column: str) -> bool:
        """Whether a column is the field of its name, with no mapping that says so."""
        return column in self._known and column not in self._taken and column not in self._decided

    def _properties(self, row: Row) -> dict[str, Any]:
        """What no field takes; a column `properties` that holds an object is spread out."""
        rest = {
            column: value
            for column, value in row.items()
            if not (column in self._taken or value is None or value == "" or self._is_field(column))
        }
        given = rest.get("properties")
        if isinstance(given, str) and given.startswith("{"):
            with suppress(msgspec.DecodeError):
                given = msgspec.json.decode(given, type=dict[str, Any])
        return (
            {**given, **{k: v for k, v in rest.items() if k != "properties"}}
            if isinstance(given, dict)
            else rest
        )

    def _fields(self, row: Row) -> Iterable[tuple[str, Any]]:
        mapping = self.mapping
        yield from mapping.constants.items()
        for column, value in row.items():
            if self._is_field(column):
                yield column, self._value(column, value)
        for name, column in mapping.columns.items():
            yield name, self._value(name, row.get(column))
        for name, rules in mapping.rules.items():
            for rule in rules:
                if all(test(text_of(row.get(column))) for column, test in rule.conditions):
                    yield name, rule.value if rule.column is None else self._value(name, row.get(rule.column))
                    break

    def _value(self, name: str, value: Any) -> Any:
        if value is None or value == "" or value != value:
            return None
        if name == "lines":
            return value
        if name in _TIMES:
            moment = self._time(value)
            return _rfc3339(moment + self.shift) if isinstance(moment, datetime) else moment
        if name in _INTS:
            number = decimal_of(value)
            return value if number is None or number != number.to_integral_value() else int(number)
        if name in _MONEY:
            number = decimal_of(value)
            return value if number is None else number
        if name == "is_premium":
            return _BOOLS.get(str(value).strip().lower(), value)
        if name == "registration_date":
            return value.isoformat()[:10] if isinstance(value, date) else value
        text = text_of(value)
        return self.mapping.events.get(text, text) if name == "event_type" else text

    def _time(self, value: Any) -> Any:
        """A moment in UTC, or the value as it is where it names none."""
        if isinstance(value, str):
            moment = self._parsed(value.strip())
            if moment is None:
                return value
        elif isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)
        elif isinstance(value, int | float | Decimal) and self._epoch(value) is not None:
            return self._epoch(value)
        else:
            return value
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.mapping.zone)).astimezone(UTC)

    def _parsed(self, text: str) -> datetime | None:
        if (number := decimal_of(text)) is not None and len(text) >= 9:
            return self._epoch(number)
        try:
            if self.mapping.time_format:
                return datetime.strptime(text, self.mapping.time_format)
            return datetime.fromisoformat(_ZONE_BY_NAME.sub("+00:00", text))
        except ValueError:
            return None

    @staticmethod
    def _epoch(number: float | Decimal) -> datetime | None:
        """Seconds, or milliseconds from 10^11 on, since 1970: as ingest reads them."""
        number = Decimal(str(number))
        milliseconds = number * 1000 if abs(number) < 10**11 else number
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=float(milliseconds))
        except (OverflowError, ValueError):
            return None


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
