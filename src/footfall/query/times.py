"""Times as people write them, and the hours, days, weeks and months of a time zone.

A moment is an aware datetime in UTC, to the millisecond. A day begins at its zone's midnight and has 23, 24
or 25 hours; where the clock skips midnight, it begins when the clock goes on. An hour that happens twice is
two.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2149, 1, 1, tzinfo=UTC)
_RELATIVE = re.compile(r"(?P<base>now|today)(?:(?P<sign>[+-])(?P<count>\d{1,6})(?P<unit>[smhdw]))?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CALENDAR = frozenset({"d", "w"})
# A length that leads from the start of a period into the next, whatever the clock does.
_INTO_NEXT = {"day": timedelta(hours=26), "week": timedelta(days=7, hours=2), "month": timedelta(days=32)}
PERIODS: Final = frozenset(_INTO_NEXT)
_STEP = timedelta(days=3)


@cache
def zones() -> frozenset[str]:
    """Names of the time zones that there are."""
    return frozenset(available_timezones())


def parse_time(text: str, now: datetime, zone: ZoneInfo | None = None) -> datetime | None:
    """The moment that `text` means at `now` in a zone (UTC); None where it means none."""
    local = zone or ZoneInfo("UTC")
    try:
        if found := _RELATIVE.fullmatch(text):
            moment = _relative(found, now.astimezone(local))
        elif text.isascii() and text.isdigit() and len(text) >= 9:
            moment = datetime.fromtimestamp(int(text) / 1000, UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=local) if moment.tzinfo is None else moment
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _relative(found: re.Match[str], now: datetime) -> datetime:
    """Days and weeks are of the calendar, to the same time of day; everything else is a length of time."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    base = now if found["base"] == "now" else today
    if not found["unit"]:
        return base
    length = timedelta(**{_UNITS[found["unit"]]: int(found["count"])})
    length = -length if found["sign"] == "-" else length
    if found["unit"] in _CALENDAR:
        return base + length
    return base.astimezone(UTC) + length


def start_of(moment: datetime, period: str, zone: ZoneInfo) -> datetime:
    """The start, in UTC, of the hour, day, week (Monday) or month of a moment."""
    local = moment.astimezone(zone)
    if period == "hour":
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return moment.astimezone(UTC) - into
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period == "week":
        day -= timedelta(days=day.weekday())
    elif period == "month":
        day = day.replace(day=1)
    return day.astimezone(UTC)


def next_start(start: datetime, period: str, zone: ZoneInfo) -> datetime:
    """The start of the period after the one that begins at `start`."""
    if period == "hour":
        return start + timedelta(hours=1)
    return start_of(start + _INTO_NEXT[period], period, zone)


def before(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The range of the same length before one: of as many days where it is whole days of the zone."""
    if start_of(start, "day", zone) == start and start_of(end, "day", zone) == end:
        first, last = start.astimezone(zone), end.astimezone(zone)
        days = last.date() - first.date()
        return (first.replace(fold=0) - days).astimezone(UTC), start
    return start - (end - start), start


def _offsets(zone: ZoneInfo, start: datetime, end: datetime) -> set[timedelta]:
    moments, moment = {start, end}, start
    while moment < end:
        moments.add(moment)
        moment += _STEP
    return {moment.astimezone(zone).utcoffset() or timedelta() for moment in moments}


def is_utc(zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    """Whether the zone's clock shows UTC throughout a range."""
    return zone.key == "UTC" or _offsets(zone, start, end) == {timedelta()}


def has_whole_hours(zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    """Whether the zone is whole hours away from UTC throughout a range: its hours are hours of UTC."""
    return not any(offset % timedelta(hours=1) for offset in _offsets(zone, start, end))
