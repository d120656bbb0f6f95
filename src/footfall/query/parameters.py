"""Checks the values that a caller gives to a named query, and makes them ready to bind.

Values come as text, from a URL, a command line or a form. What is not given has the query's default. A value
that the header does not accept raises `InvalidParameter` with what is accepted; so does a parameter that the
query does not have, because a filter that is silently ignored is a wrong answer.

Times are RFC 3339 (no zone: UTC), a date (its midnight), epoch milliseconds, or relative: `now`, `now-30m`,
`today-6d`. `to` is exclusive. Where a query reads a rollup, its grain widens `from` and `to` to whole hours
or days, and a note says so where the caller named other times. Where a query has a parameter `grain` (day,
week, month), a `from` that is not given moves on to the start of the next period, so that the first is whole;
where one is given, a note says that the first period is partial.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from footfall.countries import UNKNOWN, country_code
from footfall.errors import InvalidParameter
from footfall.model import numeric_id
from footfall.query.catalogue import NamedQuery, Parameter

Value = str | int | list[str]
_RELATIVE = re.compile(r"(?P<base>now|today)(?:(?P<sign>[+-])(?P<count>\d{1,6})(?P<unit>[smhdw]))?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_GRAINS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
# A length that leads from the start of a period into the next.
_PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2149, 1, 1, tzinfo=UTC)
_RANGE = re.compile(r"(?P<low>-?\d+(?:\.\d+)?)\.\.(?P<high>-?\d+(?:\.\d+)?)")
_ITEMS = re.compile(r"(?P<low>\d+)\.\.(?P<high>\d+) (?P<different>different )?items")
_WHOLE = re.compile(r"-?\d{1,20}")
_LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Bound:
    """Values ready to bind, the same as they are shown to people, and what was changed about them."""

    values: dict[str, Value]
    shown: dict[str, Value]
    notes: tuple[str, ...]


def bind(query: NamedQuery, given: Mapping[str, str], *, now: datetime | None = None) -> Bound:
    """Checks `given` (text by parameter name) against the header of `query`."""
    known = {parameter.name for parameter in query.parameters}
    if unknown := sorted(given.keys() - known):
        accepted = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
        raise InvalidParameter(f"{query.name} has no parameter {unknown[0]}; {accepted}", field=unknown[0])
    now = (now or datetime.now(UTC)).astimezone(UTC)
    values: dict[str, Value] = {}
    times: dict[str, datetime] = {}
    for parameter in query.parameters:
        text = given.get(parameter.name)
        text = parameter.default if text is None else text.strip()
        if parameter.type.startswith("DateTime"):
            times[parameter.name] = _time(parameter, text, now)
        else:
            values[parameter.name] = _value(parameter, text)
    notes = _align(query, given, times) + _begin(given, times, str(values.get("grain", "")))
    _check_length(query, times)
    stored = {name: moment.strftime("%Y-%m-%d %H:%M:%S.") + _ms(moment) for name, moment in times.items()}
    shown = {
        name: moment.strftime("%Y-%m-%dT%H:%M:%S.") + _ms(moment) + "Z" for name, moment in times.items()
    }
    order = [parameter.name for parameter in query.parameters]
    return Bound(
        {name: (stored | values)[name] for name in order},
        {name: (shown | values)[name] for name in order},
        notes,
    )


def _ms(moment: datetime) -> str:
    return f"{moment.microsecond // 1000:03d}"


def _align(query: NamedQuery, given: Mapping[str, str], times: dict[str, datetime]) -> tuple[str, ...]:
    """Widens `from` and `to` to the grain of the rollup; a note for each that the caller named."""
    if query.grain is None:
        return ()
    grain, changed = _GRAINS[query.grain], []
    for name in ("from", "to"):
        if name not in times:
            continue
        start = times[name] - (times[name] - _EARLIEST) % grain
        aligned = start if name == "from" or start == times[name] else start + grain
        if aligned != times[name] and name in given:
            changed.append(name)
        times[name] = aligned
    if not changed:
        return ()
    verb = "are" if len(changed) > 1 else "is"
    return (f"{' and '.join(changed)} {verb} widened to whole {query.grain}s (UTC)",)


def _begin(given: Mapping[str, str], times: dict[str, datetime], period: str) -> tuple[str, ...]:
    """Moves a default `from` on to the next start of a period; a note where a given one is amid one."""
    if "from" not in times or period not in _PERIODS:
        return ()
    start = _start(times["from"], period)
    if start == times["from"]:
        return ()
    if "from" in given:
        return (f"the first {period} is partial: it began {start:%Y-%m-%d}, before from",)
    following = _start(start + _PERIODS[period], period)
    if "to" not in times or following < times["to"]:
        times["from"] = following
    return ()


def _start(moment: datetime, period: str) -> datetime:
    """The start of the day, week (Monday) or month of a moment."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _check_length(query: NamedQuery, times: dict[str, datetime]) -> None:
    if "from" not in times or "to" not in times:
        return
    length = times["to"] - times["from"]
    if length < timedelta():
        raise InvalidParameter("from is later than to", field="from")
    if query.longest_days is not None and length > timedelta(days=query.longest_days):
        raise InvalidParameter(
            f"the range is {length.days} days; {query.name} takes at most {query.longest_days}", field="from"
        )


def _time(parameter: Parameter, text: str, now: datetime) -> datetime:
    moment = parse_time(text, now)
    if moment is None:
        raise _refused(
            parameter, text, "an RFC 3339 time, a date, epoch milliseconds, or like today-6d, now-30m"
        )
    if not _EARLIEST <= moment <= _LATEST:
        raise _refused(parameter, text, "a time between 1970 and 2148")
    return moment


def parse_time(text: str, now: datetime) -> datetime | None:
    """The moment that `text` means at `now`, in UTC and whole milliseconds; None where it means none."""
    try:
        if found := _RELATIVE.fullmatch(text):
            base = now if found["base"] == "now" else now.replace(hour=0, minute=0, second=0, microsecond=0)
            length = (
                timedelta(**{_UNITS[found["unit"]]: int(found["count"])}) if found["unit"] else timedelta()
            )
            moment = base - length if found["sign"] == "-" else base + length
        elif text.isascii() and text.isdigit() and len(text) >= 9:
            moment = datetime.fromtimestamp(int(text) / 1000, UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _value(parameter: Parameter, text: str) -> Value:
    if parameter.required and not text:
        raise InvalidParameter(f"{parameter.name} is required: {parameter.help}", field=parameter.name)
    if parameter.accepts == "id":
        return _id(parameter, text)
    if parameter.accepts == "country":
        return _country(parameter, text)
    if parameter.type == "String":
        return _text(parameter, text)
    if parameter.type == "Array(String)":
        return _items(parameter, text)
    if parameter.type == "Date":
        return _date(parameter, text)
    if "Int" in parameter.type:
        if not _WHOLE.fullmatch(text):
            raise _refused(parameter, text, "a whole number")
        _check_range(parameter, text, Decimal(text))
        return int(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _refused(parameter, text, "a number") from None
    if not number.is_finite():
        raise _refused(parameter, text, "a number")
    _check_range(parameter, text, number)
    return text


def _id(parameter: Parameter, text: str) -> Value:
    """The number an id is stored as; the number itself, as answers show it, is taken too.

    Where the type is String, the number stands as text and an id that is not given is empty, which 0 is not.
    """
    if parameter.type == "String" and not text:
        return ""
    if text.isascii() and text.isdigit() and 1 << 63 <= int(text[:21]) < 1 << 64:
        number = int(text)
    else:
        number = numeric_id(text) if text else 0
    return str(number) if parameter.type == "String" else number


def _country(parameter: Parameter, text: str) -> str:
    """The code of a country that is given by a code or a name; no country at all is refused."""
    code = country_code(text) if text else ""
    if code == UNKNOWN and text.upper() != UNKNOWN:
        raise _refused(parameter, text, "a country by code or name, as in FR or France; ZZ: unknown")
    return code


def _text(parameter: Parameter, text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise _refused(parameter, text[:20] + "…", f"at most {_LONGEST_TEXT} characters")
    if "|" in parameter.accepts and text not in parameter.accepts.split("|"):
        raise _refused(parameter, text, " or ".join(filter(None, parameter.accepts.split("|"))))
    return text


def _items(parameter: Parameter, text: str) -> list[str]:
    """Items of a list: comma-separated, or a JSON array where an item holds a comma."""
    items: list[str]
    if text.startswith("["):
        try:
            items = msgspec.json.decode(text, type=list[str])
        except msgspec.MsgspecError:
            raise _refused(parameter, text, "a comma-separated list or a JSON array of texts") from None
    else:
        items = [item.strip() for item in text.split(",") if item.strip()]
    bounds = _ITEMS.fullmatch(parameter.accepts)
    if bounds and (
        not int(bounds["low"]) <= len(items) <= int(bounds["high"])
        or (bounds["different"] and len(set(items)) < len(items))
    ):
        raise _refused(parameter, text, parameter.accepts)
    if any(len(item) > _LONGEST_TEXT for item in items):
        raise _refused(parameter, text[:20] + "…", f"items of at most {_LONGEST_TEXT} characters")
    return items


def _date(parameter: Parameter, text: str) -> str:
    moment = parse_time(text, datetime.now(UTC))
    if moment is None or not _EARLIEST <= moment <= _LATEST:
        raise _refused(parameter, text, "a date between 1970 and 2148")
    return moment.strftime("%Y-%m-%d")


def _check_range(parameter: Parameter, text: str, number: Decimal) -> None:
    bounds = _RANGE.fullmatch(parameter.accepts)
    if bounds and not Decimal(bounds["low"]) <= number <= Decimal(bounds["high"]):
        raise _refused(parameter, text, f"{bounds['low']} to {bounds['high']}")


def _refused(parameter: Parameter, text: str, accepted: str) -> InvalidParameter:
    return InvalidParameter(
        f"{parameter.name} is {text!r}; it takes {accepted}", field=parameter.name, accepted=accepted
    )
