"""Proves a figure: runs a named query and its twin on the raw rows, and compares the two to the last digit.

Columns that the header declares as estimates (from states of distinct counts) are compared with the exact
count: equal below `EXACT_BELOW`, within `TOLERANCE` above; the reason then says how far off they are. The
tolerance is nearly four standard errors of `uniq` (it keeps at least 32,768 hashes: 0.55 %), so that what is
right is not called wrong.

Both statements start at the same moment, so that they see the same rows. While events stream in, the instant
between an insert into a base table and its arrival in the rollups can still show: a comparison that fails is
made again, up to `attempts` times, and a difference is reported where it stays. Where raw rows of the range
have expired, and where the raw rows themselves gave the answer, so that nothing else is there to compare it
with, the verdict is "cannot be proved", never "equal".
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.errors import InvalidParameter
from footfall.query.catalogue import NamedQuery
from footfall.query.choose import choose
from footfall.query.exchange import execute
from footfall.query.freshness import freshness
from footfall.query.parameters import Bound
from footfall.query.reach import raw_reach as raw_reach
from footfall.query.run import Answer, Row, run_bound

ATTEMPTS: Final = 8
PAUSE_S: Final = 0.25
SHOWN: Final = 100
EXACT_BELOW: Final = 1000
TOLERANCE: Final = 0.02
Verdict = Literal["equal", "different", "cannot be proved"]

# The oldest day that each rollup holds; a constant statement a table, because names cannot be bound.
_OLDEST = {
    "mv_hourly_events": "SELECT min(event_date) FROM footfall.mv_hourly_events",
    "mv_daily_events": "SELECT min(event_date) FROM footfall.mv_daily_events",
    "mv_user_funnel": "SELECT min(event_date) FROM footfall.mv_user_funnel",
    "mv_country_stats": "SELECT min(event_date) FROM footfall.mv_country_stats",
    "daily_user_activity": "SELECT min(activity_date) FROM footfall.daily_user_activity",
    "mv_product_revenue": "SELECT min(order_date) FROM footfall.mv_product_revenue",
}
# The rollup that knows how old a base table's expired rows were.
_OUTLIVES = {"events": "mv_daily_events", "orders": "mv_product_revenue"}


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell in which an answer and its proof differ, or a row that only one of them has."""

    row: str
    column: str
    answer: Any
    proof: Any


@dataclass(frozen=True, slots=True)
class Proof:
    """A verdict with its reason, the first `SHOWN` differences, both answers, and estimates that are near.

    `differing` counts all differences. Where the verdict is equal, rows of both answers stand in one order.
    """

    verdict: Verdict
    reason: str
    differences: tuple[Difference, ...]
    answer: Answer
    proof: Answer | None
    estimates: tuple[Difference, ...] = ()
    differing: int = 0


async def prove(
    client: AsyncClient, query: NamedQuery, params: Mapping[str, str], *, attempts: int = ATTEMPTS
) -> Proof:
    """Compares `query` with its twin; raises `InvalidParameter` where it has none, as it reads raw rows."""
    if query.proof is None:
        raise InvalidParameter(f"{query.name} needs no proof: it reads the raw rows itself", field="query")
    choice = await choose(client, query, params)
    bound, because = choice.bound, choice.because
    reach = bound.complete_from if because else await _expired(client, query, bound)
    if reach is None and because is None:
        return await _compare(client, query, query.proof, bound, attempts)
    newest = await freshness(client, query.reads)
    answer = await run_bound(client, query, choice.sql, bound, newest, because)
    itself = f"nothing to compare: the raw rows themselves give this answer, as {because}"
    return Proof("cannot be proved", f"raw rows reach back to {reach}" if reach else itself, (), answer, None)


async def _compare(client: AsyncClient, query: NamedQuery, twin: str, bound: Bound, attempts: int) -> Proof:
    attempt = 1
    while True:
        newest = await freshness(client, query.reads)
        answer, proof = await asyncio.gather(
            run_bound(client, query, query.sql, bound, newest), run_bound(client, query, twin, bound, newest)
        )
        cells = compare(answer, proof)
        near = tuple(cell for cell in cells if _near(cell, query))
        differences = [cell for cell in cells if not _near(cell, query)]
        if not differences:
            return Proof("equal", _agreement(answer, near), (), answer, _in_order(answer, proof), near)
        if attempt >= attempts:
            cells_differ = "1 cell differs" if len(differences) == 1 else f"{len(differences)} cells differ"
            reason = f"{cells_differ} from the raw rows"
            shown = tuple(differences[:SHOWN])
            return Proof("different", reason, shown, answer, proof, near, len(differences))
        await asyncio.sleep(PAUSE_S)
        attempt += 1


def _near(cell: Difference, query: NamedQuery) -> bool:
    """Whether an estimate is as near to the exact figure as estimates are."""
    exact = cell.proof
    numbers = (int, float, Decimal)
    if (
        cell.column not in query.estimates
        or not isinstance(cell.answer, numbers)
        or not isinstance(exact, numbers)
    ):
        return False
    unit = next(column.unit for column in query.columns if column.name == cell.column)
    return (unit != "count" or exact >= EXACT_BELOW) and _off(cell) <= TOLERANCE


def _off(cell: Difference) -> float:
    """How far an estimate is off, as a part of the exact figure."""
    exact = abs(float(cell.proof))
    return abs(float(cell.answer) - float(cell.proof)) / exact if exact else float("inf")


def _agreement(answer: Answer, near: tuple[Difference, ...]) -> str:
    """Why the verdict is equal: for each column of estimates, the one that is farthest off."""
    rows = len(answer.rows)
    said = [f"{rows} row{'s agree' if rows != 1 else ' agrees'} with the raw rows"]
    for name in dict.fromkeys(cell.column for cell in near):
        worst = max((cell for cell in near if cell.column == name), key=_off)
        where = f" ({worst.row})" if rows > 1 else ""
        said.append(
            f"{name} is an estimate: {worst.answer:,}{where} against {worst.proof:,} exactly, "
            f"{100 * _off(worst):.2f} % off, within {100 * TOLERANCE:.0f} %"
        )
    return "; ".join(said)


async def _expired(client: AsyncClient, query: NamedQuery, bound: Bound) -> date | None:
    """The day that raw rows reach back to, where the range asks for figures from before it."""
    start = bound.values.get("from")
    if not isinstance(start, str):
        return None
    for rollup in dict.fromkeys(_OUTLIVES.get(table, table) for table in query.reads):
        if rollup not in _OLDEST:
            continue
        reach = await raw_reach(client, rollup)
        if reach is None or date.fromisoformat(start[:10]) - timedelta(days=query.back_days) >= reach:
            continue
        result, _ = await execute(client, _OLDEST[rollup], {})
        oldest: date = result.result_rows[0][0]
        if date(1970, 1, 1) < oldest < reach:
            return reach
    return None


def compare(answer: Answer, proof: Answer) -> list[Difference]:
    """Every cell that differs."""
    left, right = _matched(answer, proof)
    names = [column.name for column in answer.columns]
    return [
        Difference(key, name, ours, theirs)
        for key in dict.fromkeys([*left, *right])
        for name in names
        if (ours := left.get(key, {}).get(name)) != (theirs := right.get(key, {}).get(name))
    ]


def _in_order(answer: Answer, proof: Answer) -> Answer:
    """The proof with its rows in the order of the answer's, of which it has each."""
    left, right = _matched(answer, proof)
    return replace(proof, rows=[right[key] for key in left])


def _matched(answer: Answer, proof: Answer) -> tuple[dict[str, Row], dict[str, Row]]:
    """The rows of both by what they are matched by: their texts and times, else their place."""
    left, right = _keyed(answer), _keyed(proof)
    if len(left) == len(answer.rows) and len(right) == len(proof.rows):
        return left, right
    return _placed(answer), _placed(proof)


def _placed(answer: Answer) -> dict[str, Row]:
    return {str(place): row for place, row in enumerate(answer.rows, 1)}


def _keyed(answer: Answer) -> dict[str, Row]:
    keys = [column.name for column in answer.columns if column.unit in {"text", "time", "day", "id"}]
    if not keys:
        return _placed(answer)
    return {" ".join(str(row[key]) for key in keys): row for row in answer.rows}
