"""Rebuilding a month of a rollup from raw rows: a draft beside it, which takes its place in one swap.

`Month` is the way: `catch_up` makes the draft while rows arrive, round by round; `finish`, with nothing on
its way to the tables, adds what came since and swaps: readers see the old month or the new one, never a part.
Rows are told apart by `block_id`, which grows. Were the rows that a round had in view not the rows that it
counted before (a block came late, a day expired), `finish` says so and changes nothing.

The days that are asked for are made from raw rows, as far as they lie within the base table's TTL whole; what
the rollup holds of the others is carried over as it is (of days before `reach` raw rows may have expired).
Memory is bounded: so many days go together as hold about `ROWS_AT_ONCE` raw rows.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall.errors import UsageError
from footfall.schema import statements
from footfall.schema.retention import kept_days

ROWS_AT_ONCE: Final = 2_000_000
FEW_ROWS: Final = 50_000  # so many are added behind the fence without being noticed
ROUNDS: Final = 8
EPOCH: Final = date(1970, 1, 1)
# A repeated run may send the very rows of an earlier one: they are no retry. Large groups go to disk.
_INSERT: Final = {"insert_deduplicate": 0, "max_bytes_before_external_group_by": 512 << 20}

_FEED: Final = re.compile(
    r"\bTO footfall\.(?P<rollup>\w+) AS\n(?P<select>SELECT.*\bFROM footfall\.(?P<base>\w+).*)", re.DOTALL
)
_DAY: Final = re.compile(r"PARTITION BY toYYYYMM\((\w+)\)")

_NEWEST: Final = "SELECT max(block_id) FROM footfall.BASE WHERE toYYYYMM(BASEDAY) = {month:UInt32}"
_COUNTS: Final = """
    SELECT BASEDAY AS day, count() FROM footfall.BASE
    WHERE toYYYYMM(BASEDAY) = {month:UInt32} AND BASEDAY IN {days:Array(Date)}
        AND block_id > {after:Int64} AND block_id <= {upto:Int64}
    GROUP BY day ORDER BY day"""
_CARRY_OVER: Final = """
    INSERT INTO DRAFT SELECT * FROM footfall.ROLLUP
    WHERE toYYYYMM(DAY) = {month:UInt32} AND DAY NOT IN {days:Array(Date)}"""
_MADE: Final = """
    BASEDAY >= {first:Date} AND BASEDAY <= {last:Date} AND BASEDAY IN {days:Array(Date)}
    AND block_id > {after:Int64} AND block_id <= {upto:Int64}"""
_LATE: Final = """
    SELECT count() FROM footfall.BASE
    WHERE toYYYYMM(BASEDAY) = {month:UInt32} AND BASEDAY NOT IN {days:Array(Date)}
        AND block_id > {carried:Int64}"""
_SWAP: Final = """
    ALTER TABLE footfall.ROLLUP REPLACE PARTITION {month:UInt32} FROM DRAFT"""
_DROP: Final = "ALTER TABLE footfall.ROLLUP DROP PARTITION {month:UInt32}"
_ROWS: Final = "SELECT count() FROM DRAFT"
_MONTHS: Final = """
    SELECT toYYYYMM(BASEDAY) AS month FROM footfall.BASE
    WHERE BASEDAY >= {reach:Date} AND BASEDAY >= {first:Date} AND BASEDAY <= {last:Date} GROUP BY month
    UNION DISTINCT
    SELECT toYYYYMM(DAY) AS month FROM footfall.ROLLUP
    WHERE DAY >= {reach:Date} AND DAY >= {first:Date} AND DAY <= {last:Date} GROUP BY month
    ORDER BY month"""
_DRAFTS: Final = (
    "SELECT name FROM system.tables WHERE database = 'footfall_private' AND startsWith(name, 'rebuild_')"
)
_LAST_BLOCK: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Rollup:
    """A rollup, the table that feeds it, the columns that say a row's day, and the feed's SELECT."""

    name: str
    base: str
    day: str
    base_day: str
    select: str

    def named(self, statement: str) -> str:
        """A statement about this rollup: these places take no bound names."""
        for word, name in (
            ("BASEDAY", self.base_day),
            ("BASE", self.base),
            ("DAY", self.day),
            ("ROLLUP", self.name),
        ):
            statement = re.sub(rf"{word}\b", name, statement)
        return statement

    def made(self, condition: str) -> str:
        """The feed's SELECT of those raw rows only that meet a condition."""
        select, group, by = self.select.partition("\nGROUP BY")
        return f"{select}\nWHERE {self.named(condition)}{group}{by}"


@cache
def rollups(folder: Path = statements.FOLDER) -> dict[str, Rollup]:
    """Every rollup of the schema."""
    days = {one.name: match[1] for one in statements.snapshot(folder) if (match := _DAY.search(one.sql))}
    found = {}
    for one in statements.snapshot(folder):
        if one.kind == "MATERIALIZED VIEW" and (match := _FEED.search(one.sql)):
            name, base = match["rollup"], match["base"]
            found[name] = Rollup(name, base, days[name], days[base], match["select"])
    return found


def rollup(name: str, folder: Path = statements.FOLDER) -> Rollup:
    """The rollup of that name; raises `UsageError` where there is none."""
    known = rollups(folder)
    if name not in known:
        raise UsageError(f"there is no rollup {name}; there are {', '.join(sorted(known))}")
    return known[name]


def reach(client: Client, base: str) -> date:
    """The oldest day of which no raw row of a table has expired."""
    days = kept_days(client)[base]
    return datetime.now(UTC).date() - timedelta(days=days - 1) if days else EPOCH


def months(client: Client, of: Rollup, first: date, last: date) -> list[int]:
    """Months (year * 100 + month) in which raw rows, or rows of the rollup, stand on these days."""
    parameters = {"reach": reach(client, of.base), "first": first, "last": last}
    return [month for (month,) in client.query(of.named(_MONTHS), parameters=parameters).result_rows]


def drop_drafts(client: Client) -> None:
    """Removes drafts that a run which was killed has left; nobody else makes any at the moment."""
    for (name,) in client.query(_DRAFTS).result_rows:
        client.command(f"DROP TABLE IF EXISTS footfall_private.{name} SYNC")


class Month:
    """One month of a rollup on its way to be made anew.

    `parameters` are those of the feed's SELECT; `days`: those at fault, without it all; `draft`: the name of
    the draft of whoever works without the turn.
    """

    def __init__(
        self,
        client: Client,
        of: Rollup,
        month: int,
        parameters: Mapping[str, object] | None = None,
        *,
        days: Collection[date] | None = None,
        draft: str = "",
    ) -> None:
        self.month = month
        self._client = client
        self._of = of
        self._draft = f"footfall_private.{draft or f'rebuild_{of.name}_{month}'}"
        self._reach = reach(client, of.base)
        made = [day for day in _days(month) if day >= self._reach and (days is None or day in days)]
        self._parameters = {"month": month, "days": made, **(parameters or {})}
        self._carried = 0  # what came later for days that are carried over is not in the draft
        self._upto = -1  # rows of blocks up to this one are in the draft
        self._rows = 0  # so many they are
        self._drop()
        self._do("CREATE TABLE DRAFT AS footfall.ROLLUP")
        self._carried = self._ask(_NEWEST)
        self._do(_CARRY_OVER)
        described = client.query(f"DESCRIBE TABLE ({of.select})", parameters=self._parameters).result_rows
        self._columns = ", ".join(row[0] for row in described)

    def catch_up(self) -> None:
        """Adds raw rows to the draft until few are left."""
        for _ in range(ROUNDS):
            if self._add(self._ask(_NEWEST)) < FEW_ROWS:
                return

    def finish(self) -> bool:
        """Adds the rest and swaps, with nothing on its way to the tables. False: nothing has been changed,
        for the rows are not those that the draft was made of."""
        if reach(self._client, self._of.base) != self._reach or self._ask(_LATE):
            return False  # of a day that is carried over, something has come
        if sum(count for _, count in self._counts(-1, self._upto)) != self._rows:
            return False
        self._add(_LAST_BLOCK)
        self._do(_SWAP if self._ask(_ROWS) else _DROP)  # an empty draft takes nobody's place
        return True

    def close(self) -> None:
        """Removes the draft."""
        self._drop()

    def _add(self, upto: int) -> int:
        """Adds rows of blocks up to this one; how many."""
        counts = self._counts(self._upto, upto)
        for first, last in _pieces(counts):
            self._do(
                f"INSERT INTO DRAFT ({self._columns})\n",
                self._of.made(_MADE),
                first=first,
                last=last,
                after=self._upto,
                upto=upto,
            )
        added = sum(count for _, count in counts)
        self._upto = upto
        self._rows += added
        return added

    def _counts(self, after: int, upto: int) -> list[tuple[date, int]]:
        parameters = self._parameters | {"after": after, "upto": upto}
        rows = self._client.query(self._of.named(_COUNTS), parameters=parameters).result_rows
        return [(day, int(count)) for day, count in rows]

    def _ask(self, query: str) -> int:
        parameters = self._parameters | {"carried": self._carried}
        return int(self._client.query(self._named(query), parameters=parameters).result_rows[0][0])

    def _do(self, statement: str, select: str = "", **parameters: object) -> None:
        text = self._named(statement) + select
        self._client.command(text, parameters=self._parameters | parameters, settings=_INSERT)

    def _named(self, statement: str) -> str:
        return self._of.named(statement).replace("DRAFT", self._draft)

    def _drop(self) -> None:
        self._do("DROP TABLE IF EXISTS DRAFT SYNC")


def _days(month: int) -> Iterator[date]:
    day = date(month // 100, month % 100, 1)
    while day.month == month % 100:
        yield day
        day += timedelta(days=1)


def _pieces(counts: list[tuple[date, int]]) -> Iterator[tuple[date, date]]:
    """First and last day of groups of about `ROWS_AT_ONCE` raw rows; a day with more goes alone."""
    group: list[date] = []
    rows = 0
    for day, count in counts:
        if group and rows + count > ROWS_AT_ONCE:
            yield group[0], group[-1]
            group, rows = [], 0
        group.append(day)
        rows += count
    if group:
        yield group[0], group[-1]
