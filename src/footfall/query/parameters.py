"""Checks the values that a caller gives to a named query, and makes them ready to bind.

Values come as text, from a URL, a command line or a form. What is not given has the query's default. A value
that the header does not accept raises `InvalidParameter` with what is accepted; so does a parameter that the
query does not have, because a filter that is silently ignored is a wrong answer.

Times are RFC 3339, a date (its midnight), epoch milliseconds, or relative: `now`, `now-30m`, `today-6d`;
where they name no zone, they are of `tz`. `to` is exclusive; where it is `now`, or hours and more before it,
it is the end of the minute, so that who asks the same within a minute asks for the same range. Where a query
reads a rollup, its grain widens `from` and `to` to whole hours or days of the zone, and a note says so where
the caller named other times. Where a query has a parameter `grain` (day, week, month), a `from` that is not
given moves on to the start of the next period, so that the first is whole; where one is given, a note says
that the first period is partial.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import msgspec

from footfall.countries import UNKNOWN, country_code
from footfall.errors import InvalidParameter
from footfall.model import numeric_id
from footfall.query.catalogue import NamedQuery, Parameter
from footfall.query.steps import check_steps
from footfall.query.times import EARLIEST, LATEST, PERIODS, next_start, parse_time, start_of, zones

Value = str | int | list[str]
_RANGE = re.compile(r"(?P<low>-?\d+(?:\.\d+)?)\.\.(?P<high>-?\d+(?:\.\d+)?)")
_ITEMS = re.compile(r"(?P<low>\d+)\.\.(?P<high>\d+) (?P<different>different )?(?:items|steps)")
_WHOLE = re.compile(r"-?\d{1,20}")
_LONGEST_TEXT = 1000
_ENDS = frozenset({"to", "before_to"})
_FROM_NOW = re.compile(r"now(-\d+[hdw])?")
_TO_END_OF_MINUTE = timedelta(minutes=1) - timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Bound:
    """Values ready to bind, the same as they are shown to people, and what was changed about them.

    `given` names the parameters that the caller set to something; `times` are the moments among the values;
    `complete_from` is the first day whose rows are all there, where the range asks for days before it.
    """

    values: dict[str, Value]
    shown: dict[str, Value]
    notes: tuple[str, ...]
    given: frozenset[str]
    zone: ZoneInfo
    times: dict[str, datetime]
    complete_from: date | None = None


def bind(query: NamedQuery, given: Mapping[str, str], *, now: datetime | None = None) -> Bound:
    """Checks `given` (text by parameter name) against the header of `query`."""
    known = {parameter.name for parameter in query.parameters}
    if unknown := sorted(given.keys() - known):
        accepted = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
        raise InvalidParameter(f"{query.name} has no parameter {unknown[0]}; {accepted}", field=unknown[0])
    now = (now or datetime.now(UTC)).astimezone(UTC)
    texts = {
        parameter.name: given[parameter.name].strip() if parameter.name in given else parameter.default
        for parameter in query.parameters
    }
    values: dict[str, Value] = {}
    moments = [parameter for parameter in query.parameters if parameter.type.startswith("DateTime")]
    for parameter in query.parameters:
        if parameter not in moments:
            values[parameter.name] = _value(parameter, texts[parameter.name])
    zone = ZoneInfo(str(values.get("tz", "UTC")))
    times = {parameter.name: _time(parameter, texts[parameter.name], now, zone) for parameter in moments}
    notes = _align(query, given, times, zone)
    notes += _begin(given, times, str(values.get("grain", "")), zone)
    _check_length(query, times)
    return Bound(
        {name: as_bound(times[name]) if name in times else values[name] for name in texts},
        {
            parameter.name: as_shown(times[parameter.name])
            if parameter in moments
            else values[parameter.name]
            for parameter in query.parameters
            if parameter.name in given or not parameter.inherited
        },
        notes,
        frozenset(name for name in given if texts[name] != ""),
        zone,
        times,
    )


def as_bound(moment: datetime) -> str:
    """A moment as the store takes it."""
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"


def as_shown(moment: datetime) -> str:
    """A moment as people read it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _align(
    query: NamedQuery, given: Mapping[str, str], times: dict[str, datetime], zone: ZoneInfo
) -> tuple[str, ...]:
    """Widens `from` and `to` to the grain of the rollup; a note for each that the caller named."""
    if query.grain is None:
        return ()
    changed = []
    for name in ("from", "to"):
        if name not in times:
            continue
        start = start_of(times[name], query.grain, zone)
        aligned = start if name == "from" or start == times[name] else next_start(start, query.grain, zone)
        if aligned != times[name] and name in given:
            changed.append(name)
        times[name] = aligned
    if not changed:
        return ()
    verb = "are" if len(changed) > 1 else "is"
    return (f"{' and '.join(changed)} {verb} widened to whole {query.grain}s ({zone.key})",)


def _begin(
    given: Mapping[str, str], times: dict[str, datetime], period: str, zone: ZoneInfo
) -> tuple[str, ...]:
    """Moves a default `from` on to the next start of a period; a note where a given one is amid one."""
    if "from" not in times or period not in PERIODS:
        return ()
    start = start_of(times["from"], period, zone)
    if start == times["from"]:
        return ()
    if "from" in given:
        began = start.astimezone(zone)
        return (f"the first {period} is partial: it began {began:%Y-%m-%d}, before from",)
    following = next_start(start, period, zone)
    if "to" not in times or following < times["to"]:
        times["from"] = following
    return ()


def _check_length(query: NamedQuery, times: dict[str, datetime]) -> None:
    if "from" not in times or "to" not in times:
        return
    length = times["to"] - times["from"]
    if length < timedelta():
        raise InvalidParameter("from is later than to", field="from")
    if query.longest_days is not None and length > timedelta(days=query.longest_days, hours=2):
        raise InvalidParameter(
            f"the range is {length.days} days; {query.name} takes at most {query.longest_days}", field="from"
        )


def _time(parameter: Parameter, text: str, now: datetime, zone: ZoneInfo) -> datetime:
    moment = parse_time(text, now, zone)
    if moment is None:
        raise _refused(
            parameter, text, "an RFC 3339 time, a date, epoch milliseconds, or like today-6d, now-30m"
        )
    if not EARLIEST <= moment <= LATEST:
        raise _refused(parameter, text, "a time between 1970 and 2148")
    if parameter.name in _ENDS and _FROM_NOW.fullmatch(text):
        return (moment + _TO_END_OF_MINUTE).replace(second=0, microsecond=0)
    return moment


def _value(parameter: Parameter, text: str) -> Value:
    if parameter.required and not text:
        raise InvalidParameter(f"{parameter.name} is required: {parameter.help}", field=parameter.name)
    if parameter.accepts == "id":
        return _id(parameter, text)
    if parameter.accepts == "country":
        return _country(parameter, text)
    if parameter.accepts == "zone":
        return _zone(parameter, text)
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


def _zone(parameter: Parameter, text: str) -> str:
    if text not in zones():
        raise _refused(parameter, text, "a time zone, as in Europe/Berlin, Asia/Kolkata or UTC")
    return text


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
    if not parameter.accepts.endswith("steps"):
        return items
    try:
        return check_steps(items)
    except ValueError as error:
        raise _refused(parameter, text[:200], str(error)) from None


def _date(parameter: Parameter, text: str) -> str:
    moment = parse_time(text, datetime.now(UTC))
    if moment is None or not EARLIEST <= moment <= LATEST:
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
