"""Which statement answers: the rollup's, which is fast, or its twin on the raw rows, which can do more.

The twin answers where the caller wants exact counts, where a filter is given that only the twin's statement
names, and where the zone's days or hours are none of the rollup's: a rollup by hour serves zones that are
whole hours from UTC, one by day serves UTC, unless its statement takes `tz` itself. `because` says why, for
`meta`. Where the zone alone asks for raw rows and they have expired, the rollup answers in days of UTC, and
says so. A filter is never dropped: what a query does not take is refused by `bind`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.errors import InvalidParameter
from footfall.query.catalogue import NamedQuery, placeholders
from footfall.query.parameters import Bound, bind
from footfall.query.reach import ROLLUPS, reach_of
from footfall.query.times import has_whole_hours, is_utc

ABOUT_THE_ANSWER = frozenset({"tz", "exact", "compare"})
# What only events say: where orders are filtered by it, their purchase events must be there as well.
_OF_EVENTS = frozenset({"device_type", "browser", "utm_source", "utm_medium", "utm_campaign"})
_STARTS = ("from", "before_from")


@dataclass(frozen=True, slots=True)
class Choice:
    """The statement that answers, its values, and why it is not the rollup's where it is not."""

    sql: str
    bound: Bound
    because: str | None


async def choose(client: AsyncClient, query: NamedQuery, params: Mapping[str, str]) -> Choice:
    """The statement for these parameters; raises `InvalidParameter` for a zone that nothing here answers."""
    bound = bind(query, params)
    filters, zone = _filters(query, bound), _zone(query, bound)
    if zone and "from" in bound.times and not filters and bound.values.get("exact") != "true":
        reach = await reach_of(client, query.reads)
        if reach is not None and _reaches_beyond(query, bound, reach):
            told = (
                f"raw rows reach back to {reach}, so this is answered from a rollup in days and hours of UTC"
            )
            utc = bind(query, {**params, "tz": "UTC"})
            return Choice(query.sql, replace(utc, notes=(f"{zone}; {told}", *utc.notes)), None)
    because = "; ".join(filter(None, (_exact(bound), filters, zone)))
    if not because:
        itself = [table for table in query.reads if table not in ROLLUPS]
        return Choice(query.sql, await _told_reach(client, query, itself, bound), None)
    if query.proof is None:
        raise InvalidParameter(f"{query.name} cannot answer this: {because}", field="tz")
    return Choice(query.proof, await _told_reach(client, query, query.reads, bound), because)


async def _told_reach(client: AsyncClient, query: NamedQuery, reads: Iterable[str], bound: Bound) -> Bound:
    """`bound` with the day that the raw rows behind `reads` begin with, where the range begins before it."""
    reach = await reach_of(client, [*reads, "events"] if bound.given & _OF_EVENTS else reads)
    if reach is None or not _reaches_beyond(query, bound, reach):
        return bound
    told = f"raw rows reach back to {reach}: what was before is left out"
    return replace(bound, notes=(*bound.notes, told), complete_from=reach)


def _reaches_beyond(query: NamedQuery, bound: Bound, reach: date) -> bool:
    starts = [bound.times[name] for name in _STARTS if name in bound.times]
    return bool(starts) and min(starts).date() - timedelta(days=query.back_days) < reach


def _exact(bound: Bound) -> str:
    return "exact figures are asked for" if bound.values.get("exact") == "true" else ""


def _filters(query: NamedQuery, bound: Bound) -> str:
    if query.proof is None:
        return ""
    missing = sorted(bound.given - placeholders(query.sql).keys() - ABOUT_THE_ANSWER)
    return f"{_sums(query)} cannot filter by {', '.join(missing)}" if missing else ""


def _zone(query: NamedQuery, bound: Bound) -> str:
    times = sorted(bound.times.values())
    if query.grain is None or is_utc(bound.zone, times[0], times[-1]):
        return ""
    if query.grain == "day" and "tz" not in placeholders(query.sql):
        return f"{_sums(query)} has days of UTC, not of {bound.zone.key}"
    if not has_whole_hours(bound.zone, times[0], times[-1]):
        return f"{_sums(query)} has hours of UTC, and {bound.zone.key} is not whole hours from it"
    return ""


def _sums(query: NamedQuery) -> str:
    """What the query's statement reads its sums from, as people call it."""
    rollups = [table for table in query.reads if table in ROLLUPS]
    return " and ".join(rollups) or "what is summed up by day"
