"""`footfall audit`: every rollup against the raw rows, day by day, and every named query against its twin.

A day is compared in one statement, which reads the rollup and the raw rows at one moment and lists the rows
that differ (`audits/ROLLUP.sql`). While events stream in, the instant between an insert into a base table
and its arrival in the rollups can show as a difference; so a row counts as different only where it differs in
each of `CHECKS` looks. Days of which raw rows may have expired are left out: they cannot be proved. Memory is
bounded by the rows of one day.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.query.catalogue import NamedQuery
from footfall.query.prove import Proof, prove, raw_reach
from footfall.query.run import execute

AUDITS: Final = Path(__file__).parent / "audits"
ROLLUPS: Final = {
    "mv_hourly_events": "days_of_events",
    "mv_country_stats": "days_of_events",
    "mv_user_funnel": "days_of_events",
    "daily_user_activity": "days_of_events",
    "mv_product_revenue": "days_of_orders",
}
CHECKS: Final = 8
PAUSE_S: Final = 0.3
ROWS_A_DAY: Final = 50
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class RollupRow:
    """A row of a rollup that differs from the raw rows: each measure that does, as `name: rollup, raw`."""

    rollup: str
    day: date
    row: str
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What was compared and what differs."""

    days: dict[str, int]
    rows: tuple[RollupRow, ...]
    proofs: tuple[tuple[str, Proof], ...]

    @property
    def differs(self) -> bool:
        """Whether any figure is wrong."""
        return bool(self.rows) or any(proof.verdict == "different" for _, proof in self.proofs)

    def lines(self) -> Iterator[str]:
        """The report: a line a rollup and a named query, and below it each row that differs."""
        for rollup, days in self.days.items():
            wrong = [row for row in self.rows if row.rollup == rollup]
            yield f"{rollup}: {days} days, {_wrong(len(wrong), 'row')}"
            yield from (f"  {row.day} {row.row}: {'; '.join(row.measures)}" for row in wrong)
        for label, proof in self.proofs:
            if proof.verdict != "equal":
                yield f"{label}: {proof.verdict}: {proof.reason}"
                for cell in proof.differences:
                    yield f"  {cell.row} {cell.column}: {cell.answer}, raw rows say {cell.proof}"
        equal = sum(proof.verdict == "equal" for _, proof in self.proofs)
        yield f"named queries: {equal} of {len(self.proofs)} comparisons equal"


def _wrong(count: int, what: str) -> str:
    return "all equal" if not count else f"{count} {what}{'s' if count > 1 else ''} differ"


async def audit(client: AsyncClient, queries: Iterable[NamedQuery], progress: Progress) -> Audit:
    """Compares everything; `progress` is told what is compared, how much is done and of how much."""
    days = {rollup: await _days(client, rollup) for rollup in ROLLUPS}
    total, done = sum(map(len, days.values())), 0
    rows: list[RollupRow] = []
    for rollup, of_rollup in days.items():
        for day in of_rollup:
            rows += await _compare_day(client, rollup, day)
            done += 1
            progress(rollup, done, total)
    proofs = await _prove_all(client, [query for query in queries if query.proof], days, progress)
    return Audit({rollup: len(found) for rollup, found in days.items()}, tuple(rows), tuple(proofs))


@cache
def _statement(name: str) -> str:
    return (AUDITS / f"{name}.sql").read_text()


async def _days(client: AsyncClient, rollup: str) -> list[date]:
    """Days of which no raw row has expired, and that the base table or a rollup holds."""
    reach = await raw_reach(client, rollup) or date(1970, 1, 1)
    result, _ = await execute(client, _statement(ROLLUPS[rollup]), {"from": reach.isoformat()})
    return [row[0] for row in result.result_rows]


async def _compare_day(client: AsyncClient, rollup: str, day: date) -> list[RollupRow]:
    """Rows of a day that differ in each of `CHECKS` looks, as they were seen last."""
    wrong: dict[str, RollupRow] = {}
    for check in range(CHECKS):
        values = {"day": day.isoformat(), "limit": ROWS_A_DAY}
        result, _ = await execute(client, _statement(rollup), values)
        names = result.column_names[1:]
        seen = {
            row[0]: RollupRow(
                rollup,
                day,
                row[0],
                tuple(
                    f"{name}: {pair[0]}, raw rows say {pair[1]}"
                    for name, pair in zip(names, row[1:], strict=True)
                    if pair[0] != pair[1]
                ),
            )
            for row in result.result_rows
        }
        wrong = seen if check == 0 else {key: row for key, row in seen.items() if key in wrong}
        if not wrong:
            return []
        await asyncio.sleep(PAUSE_S)
    return list(wrong.values())


async def _prove_all(
    client: AsyncClient, queries: list[NamedQuery], days: dict[str, list[date]], progress: Progress
) -> list[tuple[str, Proof]]:
    ranges = _ranges(days)
    proofs: list[tuple[str, Proof]] = []
    for done, query in enumerate(queries, 1):
        names = {parameter.name for parameter in query.parameters}
        for params in ranges if {"from", "to"} <= names else [{}]:
            label = " ".join([query.name, *params.values()])
            proofs.append((label, await prove(client, query, params)))
        progress("named queries", done, len(queries))
    return proofs


def _ranges(days: dict[str, list[date]]) -> list[dict[str, str]]:
    """The last day that there is, its week, and the last 90 days up to it."""
    today = datetime.now(UTC).date()
    last = max((of_rollup[-1] for of_rollup in days.values() if of_rollup), default=today)
    first = min((of_rollup[0] for of_rollup in days.values() if of_rollup), default=today)
    starts = dict.fromkeys(max(first, last - timedelta(days=back)) for back in (0, 6, 89))
    end = (last + timedelta(days=1)).isoformat()
    return [{"from": start.isoformat(), "to": end} for start in starts]
