"""Values are checked against the header before anything runs, and go to the store as bound parameters."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from footfall.errors import InvalidParameter
from footfall.model import numeric_id
from footfall.query import NamedQuery
from footfall.query.catalogue import read_query
from footfall.query.parameters import bind
from footfall.query.times import parse_time

NOW = datetime(2026, 3, 29, 10, 30, 15, 123456, tzinfo=UTC)


def query(*params: str, grain: str = "", longest: str = "") -> NamedQuery:
    names = [param.split()[0] for param in params]
    types = [param.split("=")[0].split(maxsplit=1)[1].strip() for param in params]
    header = ["-- title: t", "-- description: d", "-- reads: events"]
    header += [f"-- grain: {grain}"] if grain else []
    header += [f"-- range: {longest}"] if longest else []
    header += [f"-- param: {param}" for param in params]
    used = ", ".join(f"{{{name}:{kind}}}" for name, kind in zip(names, types, strict=True))
    return read_query(Path("q.sql"), "\n".join([*header, f"SELECT {used}"]))


RANGE = (
    "from DateTime64(3, 'UTC') = today-6d ; any ; start",
    "to DateTime64(3, 'UTC') = now ; any ; end",
)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", "2026-01-31T00:00:00.000"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000"),
        ("2026-01-31T12:00:00.9999+01:00", "2026-01-31T11:00:00.999"),
        ("2026-01-31 12:00", "2026-01-31T12:00:00.000"),
        ("1767225600000", "2026-01-01T00:00:00.000"),
        ("now", "2026-03-29T10:30:15.123"),
        ("now-90m", "2026-03-29T09:00:15.123"),
        ("today", "2026-03-29T00:00:00.000"),
        ("today-1w", "2026-03-22T00:00:00.000"),
        ("today+1d", "2026-03-30T00:00:00.000"),
    ],
)
def test_times(text: str, moment: str) -> None:
    parsed = parse_time(text, NOW)
    assert parsed is not None and parsed.isoformat(timespec="milliseconds") == f"{moment}+00:00"


def test_a_day_back_from_now_is_the_same_time_of_that_day() -> None:
    """Though the clock changes in between; so no range begins after its end. Hours are lengths of time."""
    berlin, new_york = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
    spring = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)  # 0:30 of the day after the clock went on
    assert parse_time("now-1d", spring, berlin) == datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert parse_time("today-1d", spring, berlin) == datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert parse_time("now-24h", spring, berlin) == datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    autumn = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # 9:00, standard time
    assert parse_time("now-4w", autumn, new_york) == datetime(2026, 10, 19, 13, 0, tzinfo=UTC)
    assert parse_time("now-4w", autumn) == datetime(2026, 10, 19, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "12", "now-", "now-5y", "9" * 30, "1e9", "٣٤٥٦٧٨٩١٢٣"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="from is"):
        bind(query(*RANGE), {"from": text}, now=NOW)


def test_a_range_has_defaults_and_is_shown_as_it_is_bound() -> None:
    bound = bind(query(*RANGE), {}, now=NOW)
    assert bound.values == {
        "from": "2026-03-23 00:00:00.000",
        "to": "2026-03-29 10:31:00.000",
        "tz": "UTC",
        "compare": "",
    }
    assert bound.shown == {"from": "2026-03-23T00:00:00.000Z", "to": "2026-03-29T10:31:00.000Z"}
    assert bound.notes == ()


@pytest.mark.parametrize(
    ("to", "end"),
    [
        ("now", "10:31:00.000"),
        ("now-1h", "09:31:00.000"),
        ("now-10s", "10:30:05.123"),
        ("2026-03-29T10:30:15Z", "10:30:15.000"),
        ("2026-03-29T10:30:00Z", "10:30:00.000"),
    ],
)
def test_who_asks_until_now_asks_until_the_end_of_the_minute(to: str, end: str) -> None:
    assert bind(query(*RANGE), {"to": to}, now=NOW).values["to"] == f"2026-03-29 {end}"
    on_the_minute = NOW.replace(second=0, microsecond=0)
    assert bind(query(*RANGE), {"to": "now"}, now=on_the_minute).values["to"] == "2026-03-29 10:30:00.000"


def test_a_rollups_grain_widens_a_range_and_says_so() -> None:
    asked = {"from": "2026-03-01T10:30:00Z", "to": "2026-03-02T00:00:00Z"}
    days = bind(query(*RANGE, grain="day"), asked, now=NOW)
    assert (days.values["from"], days.values["to"]) == ("2026-03-01 00:00:00.000", "2026-03-02 00:00:00.000")
    assert days.notes[0].startswith("from is widened to whole days")
    hours = bind(query(*RANGE, grain="hour"), asked, now=NOW)
    assert hours.values["from"] == "2026-03-01 10:00:00.000"
    assert bind(query(*RANGE, grain="day"), {}, now=NOW).notes == ()


def test_a_range_that_is_backwards_or_too_long_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="later than to"):
        bind(query(*RANGE), {"from": "2026-02-02", "to": "2026-02-01"}, now=NOW)
    with pytest.raises(InvalidParameter, match="takes at most 10"):
        bind(query(*RANGE, longest="10 days"), {"from": "2026-01-01", "to": "2026-02-01"}, now=NOW)


def test_a_parameter_that_is_unknown_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidParameter, match="has no parameter country; it takes compare, from, to, tz"):
        bind(query(*RANGE), {"country": "US"}, now=NOW)


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        ("n UInt32 = 1 ; 1..10 ; x", "10", 10),
        ("n Int32 = 1 ; any ; x", "-5", -5),
        ("n Float64 = 1 ; 0..1 ; x", "0.25", "0.25"),
        ("n String = a ; a|b|c d ; x", "c d", "c d"),
        ("n String = ; |a|b ; x", "", ""),
        ("n String = ; any ; x", "O'Brien \\ {n:String}", "O'Brien \\ {n:String}"),
        ("n Array(String) = a,b ; 2..3 items ; x", "a, b ,c", ["a", "b", "c"]),
        ("n Array(String) = a,b ; 2..3 items ; x", '["a,1", "b"]', ["a,1", "b"]),
        ("n Date = today ; any ; x", "2026-01-02", "2026-01-02"),
        ("n UInt64 = ; id ; x", "", 0),
        ("n String = ; id ; x", "", ""),
        ("n String = ; id ; x", "0", "0"),
        ("n String = ; id ; x", "17850", "17850"),
        ("n String = ; id ; x", "user_0001", str(numeric_id("user_0001"))),
        ("n String = ; country ; x", "", ""),
        ("n String = ; country ; x", "GB", "UK"),
        ("n String = ; country ; x", "france", "FR"),
        ("n String = ; country ; x", "zz", "ZZ"),
        ("n UInt64 = ; id ; x", "17850", 17850),
        ("n UInt64 = ; id ; x", "user_0001", numeric_id("user_0001")),
        ("n UInt64 = ; id ; x", str(numeric_id("user_0001")), numeric_id("user_0001")),
    ],
)
def test_values_that_are_accepted(param: str, text: str, value: object) -> None:
    assert bind(query(param), {"n": text}, now=NOW).values["n"] == value


@pytest.mark.parametrize(
    ("param", "text", "told"),
    [
        ("n UInt32 = 1 ; 1..10 ; x", "11", "it takes 1 to 10"),
        ("n UInt32 = 1 ; 1..10 ; x", "0", "it takes 1 to 10"),
        ("n UInt32 = 1 ; 1..10 ; x", "ten", "a whole number"),
        ("n UInt32 = 1 ; 1..10 ; x", "1.5", "a whole number"),
        ("n Float64 = 1 ; 0..1 ; x", "nan", "a number"),
        ("n Float64 = 1 ; 0..1 ; x", "1e400", "0 to 1"),
        ("n String = a ; a|b ; x", "d", "a or b"),
        ("n String = ; any ; x", "x" * 1001, "at most 1000 characters"),
        ("n Array(String) = a,b ; 2..3 items ; x", "a", "2..3 items"),
        ("n Array(String) = a,b ; 2..3 items ; x", "[1]", "JSON array of texts"),
        ("n Array(String) = a,b ; 2..3 different items ; x", "a,a", "2..3 different items"),
        ("n Date = today ; any ; x", "soon", "a date"),
        ("n String = ; country ; x", "Atlantis", "it takes a country"),
        ("n UInt64 = ; id, required ; x", "", "n is required: x"),
    ],
)
def test_values_that_are_refused(param: str, text: str, told: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        bind(query(param), {"n": text}, now=NOW)
    assert told in refused.value.message
    assert refused.value.where["field"] == "n"


GRAIN = "grain String = month ; day|week|month ; length"


@pytest.mark.parametrize(
    ("grain", "start"), [("month", "2025-05-01"), ("week", "2025-04-07"), ("day", "2025-04-02")]
)
def test_a_default_range_begins_with_a_whole_period(grain: str, start: str) -> None:
    year = ("from DateTime64(3, 'UTC') = now-362d ; any ; start", RANGE[1], GRAIN)
    bound = bind(query(*year), {"grain": grain}, now=NOW)
    assert str(bound.values["from"]).startswith(start)
    assert bound.notes == ()


def test_a_range_that_begins_amid_a_period_says_so() -> None:
    bound = bind(query(*RANGE, GRAIN), {"from": "2026-01-15"}, now=NOW)
    assert bound.values["from"] == "2026-01-15 00:00:00.000"
    assert bound.notes == ("the first month is partial: it began 2026-01-01, before from",)
    assert bind(query(*RANGE, GRAIN), {"from": "2026-01-01"}, now=NOW).notes == ()
    short = bind(query(*RANGE, GRAIN), {"to": "2026-03-25"}, now=NOW)
    assert short.values["from"] == "2026-03-23 00:00:00.000", "no period begins within the range"


def test_a_parameter_that_is_required_must_be_given() -> None:
    with pytest.raises(InvalidParameter, match="n is required"):
        bind(query("n UInt64 = ; id, required ; the user"), {}, now=NOW)
