"""What `footfall query` and `footfall audit` do: the catalogue, an answer or a plan as text, and the audit.

Answers go to standard output as a table, JSON, CSV, NDJSON or Parquet; progress, and files of the user's
own that are no queries, go to standard error.
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import aiohttp
from clickhouse_connect.driver import exceptions
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall import store
from footfall.config import Config, StoreUser
from footfall.errors import InvalidParameter, UsageError
from footfall.query.audit import Audit, Heal, Hold, audit
from footfall.query.catalogue import NamedQuery, catalogue, problems
from footfall.query.encode import cells, encode, encode_csv, to_json
from footfall.query.exchange import store_error
from footfall.query.explain import explain
from footfall.query.export import MEDIA_TYPES, Format, export, parquet
from footfall.query.parameters import bind
from footfall.query.run import Answer, run, run_sql

T = TypeVar("T")
_NUMBERS = frozenset({"count", "money", "percent", "ratio", "seconds", "ms"})


def listing(config: Config) -> Iterator[str]:
    """The catalogue, a line a query with its parameters."""
    queries = catalogue(config).values()
    width = max(len(query.name) for query in queries)
    for query in queries:
        own = [parameter for parameter in query.parameters if not parameter.inherited]
        params = " ".join(f"{parameter.name}={parameter.default}" for parameter in own)
        yield f"{query.name:{width}}  {query.title}  [{params}]"
    for problem in problems(config):
        print(f"footfall: left out: {problem}", file=sys.stderr)


def given(params: Iterable[str], from_: str | None, to: str | None, tz: str | None) -> dict[str, str]:
    """Parameters as the command line gives them: `NAME=VALUE` texts, the range and the zone."""
    options = (("from", from_), ("to", to), ("tz", tz))
    values = {name: value for name, value in options if value is not None}
    for text in params:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--param is {text!r}; it takes NAME=VALUE")
        if name in values:
            raise UsageError(f"{name} is given twice")
        values[name] = value
    return values


def answer(config: Config, name: str, params: Mapping[str, str], shape: str) -> bytes:
    """The answer of a named query, as `reader`."""
    query = _checked(config, name, params)
    if shape in MEDIA_TYPES:
        return _asked(config, "reader", lambda client: _exported(client, query, params, shape))
    return _written(_asked(config, "reader", lambda client: run(client, query, params)), shape)


async def _exported(
    client: AsyncClient, query: NamedQuery, params: Mapping[str, str], shape: Format
) -> bytes:
    return await _whole(await export(client, query, params, shape))


async def _whole(pieces: AsyncIterator[bytes]) -> bytes:
    """All of a file: as much as the limits of the store's user let pass."""
    return b"".join([piece async for piece in pieces])


def typed(config: Config, sql: str, params: Mapping[str, str], shape: str, explain: bool) -> bytes:
    """The answer of SQL that somebody typed, as `analyst`."""
    if params or explain:
        raise UsageError(
            "SQL from standard input takes no parameters and no --explain: write them in the SQL"
        )
    if not sql.strip():
        raise UsageError("there is no SQL on standard input")
    if shape == "parquet":
        return _asked(config, "analyst", lambda client: _whole(parquet(client, sql, {})))
    return _written(_asked(config, "analyst", lambda client: run_sql(client, sql)), shape)


def plan(config: Config, name: str, params: Mapping[str, str]) -> bytes:
    """The store's plan of a named query."""
    query = _checked(config, name, params)
    found = _asked(config, "reader", lambda client: explain(client, query, params))
    return "\n".join([*found.lines, ""]).encode()


def audit_all(config: Config, hold: Hold, heal: Heal | None) -> Audit:
    """Compares every rollup and every named query with the raw rows, and shows how far it is."""
    queries = catalogue(config).values()
    return _asked(config, "reader", lambda client: audit(client, queries, _progress, hold=hold, heal=heal))


def _asked(config: Config, user: StoreUser, ask: Callable[[AsyncClient], Coroutine[Any, Any, T]]) -> T:
    """What `ask` gets with a client of the store, which is closed afterwards."""

    async def asking() -> T:
        try:
            client = await store.connect_async(config, user)
        except (exceptions.Error, aiohttp.ClientError) as error:
            raise store_error(error) from error
        try:
            return await ask(client)
        finally:
            await client.close()

    return asyncio.run(asking())


def _progress(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r\033[Kcomparing {what}: {done} of {total}", end=end, file=sys.stderr, flush=True)


def _checked(config: Config, name: str, params: Mapping[str, str]) -> NamedQuery:
    """The query of this name, which takes these parameters; wrong usage where it does not."""
    try:
        query = catalogue(config)[name]
        bind(query, params)
    except KeyError:
        for problem in problems(config):
            if f"/{name}.sql" in problem:
                raise UsageError(problem) from None
        raise UsageError(f"there is no query {name}; `footfall query` lists those there are") from None
    except InvalidParameter as error:
        raise UsageError(error.message) from None
    return query


def _written(answer: Answer, shape: str) -> bytes:
    if shape == "json":
        return encode(answer) + b"\n"
    if shape == "csv":
        return encode_csv(answer)
    if shape == "ndjson":
        return b"".join(to_json(row) + b"\n" for row in answer.rows)
    return "\n".join([*_table(answer), ""]).encode()


def _printable(text: str) -> str:
    """Data with nothing in it that could steer the terminal."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    )


def _rows(number: int) -> str:
    return f"{number:,} row{'s' * (number != 1)}"


def _table(answer: Answer) -> Iterator[str]:
    """Columns side by side, numbers to the right; cut to the terminal where there is one."""
    rows = [[_printable(text) for text in row] for row in cells(answer)]
    columns = list(zip([column.name for column in answer.columns], *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [column.unit in _NUMBERS for column in answer.columns]
    limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for row in [[column.name for column in answer.columns], ["-" * width for width in widths], *rows]:
        texts = zip(row, widths, right, strict=True)
        line = "  ".join(t.rjust(width) if r else t.ljust(width) for t, width, r in texts)
        yield line.rstrip()[:limit]
    meta = answer.meta
    yield f"{_rows(len(rows))}; {_rows(meta['rows_read'])} read in {meta['elapsed_ms']} ms"
    yield from (f"note: {note}" for note in meta["notes"])
