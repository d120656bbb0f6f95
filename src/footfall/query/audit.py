"""`footfall audit`: every rollup against the raw rows, day by day, and every named query against its twin.

Days are compared in one statement, which reads the rollup and the raw rows at one moment and lists the rows
that differ (`audits/ROLLUP.sql`); so many days go together as hold about `ROWS_AT_ONCE` raw rows, which
bounds the memory. While events stream in, the instant between an insert into a base table and its arrival in
the rollups can show as a difference; so what differs is looked at again, and counts only where it differs in
each of `LOOKS` looks, of which the last is taken with ingest held. Days of which raw rows may have expired
are left out: they cannot be proved. With `heal`, months of rollups that differ are made anew, and compared
again.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.errors import LimitExceeded, Overloaded
from footfall.query.catalogue import NamedQuery
from footfall.query.exchange import execute
from footfall.query.prove import TOLERANCE, Proof, prove, raw_reach

AUDITS: Final = Path(__file__).parent / "audits"
ROLLUPS: Final = {
    "mv_hourly_events": "days_of_events",
    "mv_daily_events": "days_of_events",
    "mv_country_stats": "days_of_events",
    "mv_user_funnel": "days_of_events",
    "daily_user_activity": "days_of_events",
    "mv_product_revenue": "days_of_orders",
}
LOOKS: Final = 3
PAUSE_S: Final = 0.5
BUSY_PAUSES_S: Final = (1.0, 5.0, 15.0)
ROWS_AT_ONCE: Final = 1_000_000
DAYS_AT_ONCE: Final = 31
ROWS_TOLD: Final = 200
HEALS: Final = 20  # times that what was healed is compared again: each time, days beyond `ROWS_TOLD` may show
Progress = Callable[[str, int, int], None]
Hold = Callable[[], AbstractContextManager[object]]
Heal = Callable[[str, int], str]
_Proofs = dict[str, tuple[NamedQuery, dict[str, str], Proof]]


@dataclass(frozen=True, slots=True)
class RollupRow:
    """A row of a rollup that differs from the raw rows: each measure that does, as `name: rollup, raw`."""

    rollup: str
    day: date
    row: str
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What was compared, what differs, a line of text for each month that was healed before, and one for each
    comparison that was more than the store's limits let it answer."""

    days: dict[str, int]
    rows: tuple[RollupRow, ...]
    proofs: tuple[tuple[str, Proof], ...]
    healed: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether any figure is wrong."""
        return bool(self.rows) or any(proof.verdict == "different" for _, proof in self.proofs)

    @property
    def holds(self) -> bool:
        """Whether everything could be compared, and no figure is wrong."""
        return not (self.differs or self.beyond)

    def lines(self) -> Iterator[str]:
        """The report: a line a rollup and a named query, and below it each row that differs."""
        yield from self.healed
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
        near = sum(proof.verdict == "equal" and bool(proof.estimates) for _, proof in self.proofs)
        yield from self.beyond
        said = f", {near} of them with estimates within {100 * TOLERANCE:.0f} %" if near else ""
        asked = len(self.proofs) + len(self.beyond)
        yield f"named queries: {equal} of {asked} comparisons equal{said}"


def _wrong(count: int, what: str) -> str:
    return "all equal" if not count else f"{count} {what}{'s' if count > 1 else ''} differ"


@dataclass(frozen=True, slots=True)
class _Days:
    """Consecutive days of a rollup that are compared in one statement; `until` is exclusive."""

    rollup: str
    first: date
    until: date
    days: int


_Wrong = dict[_Days, dict[tuple[date, str], RollupRow]]


async def audit(
    client: AsyncClient,
    queries: Iterable[NamedQuery],
    progress: Progress,
    *,
    hold: Hold = nullcontext,
    heal: Heal | None = None,
) -> Audit:
    """Compares everything; `progress` is told what is compared, how much is done and of how much.

    `hold` keeps ingest from writing while its block runs; `heal` makes a month of a rollup anew.
    """
    days = {rollup: await _days(client, rollup) for rollup in ROLLUPS}
    pieces = [piece for rollup, found in days.items() for piece in _pieces(rollup, found)]
    wrong = await _compare_all(client, pieces, hold, progress)
    healed: list[str] = []
    if heal is not None:
        healed = await _heal(client, wrong, hold, heal, progress)
    beyond: list[str] = []
    proofs = await _prove_all(
        client, [query for query in queries if query.proved_unasked], days, progress, beyond
    )
    await _prove_again(client, proofs, hold, {piece.rollup for piece in wrong})
    return Audit(
        {rollup: len(found) for rollup, found in days.items()},
        tuple(row for rows in wrong.values() for row in rows.values()),
        tuple((label, proof) for label, (_, _, proof) in proofs.items()),
        tuple(healed),
        tuple(beyond),
    )


async def _heal(client: AsyncClient, wrong: _Wrong, hold: Hold, heal: Heal, progress: Progress) -> list[str]:
    """Has months made anew until nothing in `wrong` differs, or no more of it can be mended."""
    told: list[str] = []
    for _ in range(HEALS):
        rows = [row for found in wrong.values() for row in found.values()]
        for rollup, month in sorted({(row.rollup, _month(row.day)) for row in rows}):
            here = [row for row in rows if row.rollup == rollup and _month(row.day) == month]
            told.append(f"{await asyncio.to_thread(heal, rollup, month)}: {_wrong(len(here), 'row')}")
        if not rows:
            break
        again = await _compare_all(client, list(wrong), hold, progress)
        stays = again == wrong
        wrong.clear()
        wrong.update(again)
        if stays:
            break
    return told


def _month(day: date) -> int:
    return day.year * 100 + day.month


async def _compare_all(
    client: AsyncClient, pieces: Sequence[_Days], hold: Hold, progress: Progress
) -> _Wrong:
    """The rows that differ in each look, by the days that were compared."""
    wrong: _Wrong = {}
    for done, piece in enumerate(pieces, 1):
        if found := await _compare(client, piece):
            wrong[piece] = found
        progress("rollups", done, len(pieces))
    for look in range(1, LOOKS):
        if not wrong:
            break
        await asyncio.sleep(PAUSE_S)
        for piece, rows in list(wrong.items()):
            with hold() if look == LOOKS - 1 else nullcontext():
                again = await _compare(client, piece)
            wrong[piece] = {key: row for key, row in again.items() if key in rows}
            if not wrong[piece]:
                del wrong[piece]
    return wrong


@cache
def _statement(name: str) -> str:
    return (AUDITS / f"{name}.sql").read_text()


async def _days(client: AsyncClient, rollup: str) -> dict[date, int]:
    """Days that the base table or a rollup holds and of which no raw row has expired, with their raw rows."""
    reach = await raw_reach(client, rollup) or date(1970, 1, 1)
    result, _ = await execute(client, _statement(ROLLUPS[rollup]), {"from": reach.isoformat()})
    return {day: int(rows) for day, rows in result.result_rows}


def _pieces(rollup: str, days: dict[date, int]) -> Iterator[_Days]:
    """Days in groups of about `ROWS_AT_ONCE` raw rows; a day with more goes alone."""
    group: list[date] = []
    rows = 0
    for day, count in days.items():
        if group and (rows + count > ROWS_AT_ONCE or (day - group[0]).days >= DAYS_AT_ONCE):
            yield _Days(rollup, group[0], group[-1] + timedelta(days=1), len(group))
            group, rows = [], 0
        group.append(day)
        rows += count
    if group:
        yield _Days(rollup, group[0], group[-1] + timedelta(days=1), len(group))


async def _compare(client: AsyncClient, piece: _Days) -> dict[tuple[date, str], RollupRow]:
    """The rows that differ at this moment, by day and name."""
    values = {"from": piece.first.isoformat(), "to": piece.until.isoformat(), "limit": ROWS_TOLD}
    for pause_s in BUSY_PAUSES_S:
        try:
            result, _ = await execute(client, _statement(piece.rollup), values)
            break
        except Overloaded:  # the store is busy: the same takes less of its time later
            await asyncio.sleep(pause_s)
    else:
        result, _ = await execute(client, _statement(piece.rollup), values)
    names = result.column_names[2:]
    return {
        (day, row): RollupRow(piece.rollup, day, row, tuple(_measures(names, pairs)))
        for day, row, *pairs in result.result_rows
    }


def _measures(names: Sequence[str], pairs: Sequence[tuple[object, object]]) -> Iterator[str]:
    for name, (ours, raw) in zip(names, pairs, strict=True):
        if ours != raw:
            yield f"{name}: {ours}, raw rows say {raw}"


async def _prove_again(client: AsyncClient, proofs: _Proofs, hold: Hold, wrong: Set[str]) -> None:
    """Proves again what differs, until it agrees or has differed in each look. What reads a rollup of which
    rows are `wrong` needs no second look."""
    for look in range(1, LOOKS):
        doubtful = [
            label
            for label, (query, _, proof) in proofs.items()
            if proof.verdict == "different" and wrong.isdisjoint(query.reads)
        ]
        if not doubtful:
            return
        await asyncio.sleep(PAUSE_S)
        for label in doubtful:
            query, params, _ = proofs[label]
            with hold() if look == LOOKS - 1 else nullcontext():
                proofs[label] = query, params, await prove(client, query, params, attempts=1)


async def _prove_all(
    client: AsyncClient,
    queries: list[NamedQuery],
    days: dict[str, dict[date, int]],
    progress: Progress,
    beyond: list[str],
) -> _Proofs:
    """A proof by query and range; what the store's limits do not let it answer is told in `beyond`."""
    ranges = _ranges(days)
    proofs: _Proofs = {}
    for done, query in enumerate(queries, 1):
        names = {parameter.name for parameter in query.parameters}
        for params in ranges if {"from", "to"} <= names else [{}]:
            label = " ".join([query.name, *params.values()])
            try:
                proofs[label] = query, params, await prove(client, query, params, attempts=1)
            except (LimitExceeded, Overloaded) as error:
                beyond.append(f"{label}: cannot be compared within the store's limits: {error.message}")
        progress("named queries", done, len(queries))
    return proofs


def _ranges(days: dict[str, dict[date, int]]) -> list[dict[str, str]]:
    """The last day that there is, its week, and the last 90 days up to it."""
    today = datetime.now(UTC).date()
    last = max((max(found) for found in days.values() if found), default=today)
    first = min((min(found) for found in days.values() if found), default=today)
    starts = dict.fromkeys(max(first, last - timedelta(days=back)) for back in (0, 6, 89))
    end = (last + timedelta(days=1)).isoformat()
    return [{"from": start.isoformat(), "to": end} for start in starts]
