"""The SQL box: runs what somebody typed as the store's user `analyst`, whose rights and limits are the guard.

There is no check of what the text may do here. What is bounded here is what this process holds: `RUNNING`
statements at a time, and `ROWS` rows or `BYTES` bytes of a result; where that cuts a result the answer says
so. Values come as text, as the store writes them, because a browser's numbers end at 2^53. The format is
asked for beside the text, which runs as it was typed, so that the store's errors speak of nothing else.
"""

import asyncio
import re
import time
from itertools import accumulate
from typing import Any, Final

import aiohttp
import msgspec
from clickhouse_connect.driver import exceptions
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.engine.exceptions import EngineError
from footfall.engine.statement import Kind
from footfall.engine.statement import parse as outer_shape
from footfall.errors import CallersFault, Overloaded
from footfall.query.run import store_error
from footfall.web.reading import Reading

RUNNING: Final = 4
ROWS: Final = 1000
BYTES: Final = 4 << 20
LONGEST_TEXT: Final = 100_000
ESTIMATED_ROWS: Final = 3  # place of `rows` in EXPLAIN ESTIMATE's answer
FORMAT: Final = "JSONCompactStringsEachRowWithNamesAndTypes"

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z_0-9]*):[^{}]+\}")
_NUMBERS = re.compile(r"^(?:Nullable\()?(?:U?Int|Float|BFloat|Decimal)")
_LINE = msgspec.json.Decoder(list[str])
_FORMAT_ADVICE: Final = "leave FORMAT out: the box shows a result as a table, and exports it as CSV"


class Statement(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a request; `params` are values, as text, of the statement's `{name:Type}`."""

    sql: str
    params: dict[str, str] = {}

    @property
    def bound(self) -> dict[str, str] | None:
        """Values of those parameters that the text names; None where it names none."""
        named = {name for name in _PLACEHOLDER.findall(self.sql) if name in self.params}
        return {name: self.params[name] for name in named} or None


class SqlBox:
    """Runs statements; one a process."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._slots = asyncio.Semaphore(RUNNING)

    async def run(self, body: bytes) -> dict[str, Any]:
        """The result of the statement in `body` as `data` (rows of texts) and `meta`.

        Raises `CallersFault` with the store's code, name and text where it refused the statement.
        """
        return await self._run(parse(body))

    async def cost(self, body: bytes) -> dict[str, Any]:
        """Rows that the statement would read, by the store's estimate; None where it cannot tell.

        A statement that is being typed is wrong most of the time, which is no error here.
        """
        try:
            statement = parse(body)
            estimate = await self._run(Statement(f"EXPLAIN ESTIMATE {statement.sql}", statement.params))
        except (CallersFault, Overloaded):
            return {"data": None}
        if not estimate["data"]:  # of a projection, or of no table, the store estimates nothing
            return {"data": None}
        return {"data": {"rows": sum(int(row[ESTIMATED_ROWS]) for row in estimate["data"])}}

    async def _run(self, statement: Statement) -> dict[str, Any]:
        if self._slots.locked():
            raise Overloaded(f"{RUNNING} statements are running already; try again when one has ended")
        async with self._slots:
            client = await self._reading.client()
            started = time.perf_counter()
            try:
                lines, cut = await _read(client, statement)
            except (exceptions.Error, aiohttp.ClientError, TimeoutError, OSError) as error:
                raise store_error(error) from error
        return _result(lines, cut, round((time.perf_counter() - started) * 1000, 1))


def parse(body: bytes) -> Statement:
    """What a request's body asks for, without the semicolon that ends the statement."""
    try:
        given = msgspec.json.decode(body, type=Statement)
    except msgspec.MsgspecError as error:
        raise CallersFault(f'the body takes {{"sql": "SELECT …", "params": {{…}}}}: {error}') from None
    return Statement(_checked(given.sql.strip()), given.params)


def _checked(statement: str) -> str:
    while statement.endswith(";"):
        statement = statement[:-1].rstrip()
    if not statement:
        raise CallersFault("there is no statement")
    if len(statement) > LONGEST_TEXT:
        raise CallersFault(f"the statement has {len(statement)} characters; at most {LONGEST_TEXT} can run")
    try:
        shape = outer_shape(statement.encode())
    except EngineError:
        return statement  # several statements; the store says so in its own words
    if not shape.first_word:
        raise CallersFault("there is no statement: the text holds nothing to run")
    if shape.format and shape.kind is not Kind.INSERT:
        raise CallersFault(f"the statement asks for FORMAT {shape.format}; {_FORMAT_ADVICE}")
    return statement


async def _read(client: AsyncClient, statement: Statement) -> tuple[list[bytes], bool]:
    """Lines of the result, names and types first, and whether there were more than are taken."""
    stream = await client.raw_stream(
        statement.sql, statement.bound, transport_settings={"X-ClickHouse-Format": FORMAT}
    )
    lines: list[bytes] = []
    rest, taken = b"", 0
    async with stream:
        async for chunk in stream:
            taken += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            lines += whole
            if len(lines) > ROWS + 2 or taken > BYTES:
                return _within_bounds(lines), True
    if rest:
        lines.append(rest)
    return lines, False


def _within_bounds(lines: list[bytes]) -> list[bytes]:
    """Names, types and the rows that fit; what is cut is cut at the same place however it was sent."""
    sizes = accumulate(len(line) + 1 for line in lines)
    return [line for line, end in zip(lines[: ROWS + 2], sizes, strict=False) if end <= BYTES]


def _result(lines: list[bytes], cut: bool, elapsed_ms: float) -> dict[str, Any]:
    try:
        decoded = [_LINE.decode(line) for line in lines if line]
    except msgspec.MsgspecError:
        raise CallersFault(f"the result is no table that the box can read; {_FORMAT_ADVICE}") from None
    names, types, *rows = decoded if len(decoded) >= 2 else ([], [])
    columns = [
        {"name": name, "type": kind, "numeric": bool(_NUMBERS.match(kind))}
        for name, kind in zip(names, types, strict=True)
    ]
    limits = {"rows": ROWS, "bytes": BYTES}
    return {
        "data": rows,
        "meta": {
            "columns": columns,
            "rows": len(rows),
            "cut": cut,
            "limits": limits,
            "elapsed_ms": elapsed_ms,
        },
    }
