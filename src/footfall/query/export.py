"""Answers as files: CSV, NDJSON and Parquet, streamed, so that a long answer is never held as a whole.

CSV and NDJSON hold what JSON answers hold: ids as texts, exact money, times in UTC with milliseconds. In
CSV a text that a spreadsheet would take for a formula is given an apostrophe (`encode.cell`). Parquet is
written by the store with the types of the columns, so ids are whole numbers of 64 bits there. Errors before
the first row are raised where the export begins; after it, the stream breaks off.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, Literal

import aiohttp
from clickhouse_connect.driver import exceptions
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.query.catalogue import NamedQuery
from footfall.query.choose import choose
from footfall.query.encode import csv_line, csv_row, to_json
from footfall.query.exchange import store_error
from footfall.query.run import plain_rows

Format = Literal["csv", "ndjson", "parquet"]
MEDIA_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_PARQUET: Final = {"X-ClickHouse-Format": "Parquet"}


async def export(
    client: AsyncClient, query: NamedQuery, params: Mapping[str, str], shape: Format
) -> AsyncIterator[bytes]:
    """The answer of a named query in pieces; what can be refused is refused before this returns."""
    choice = await choose(client, query, params)
    if shape == "parquet":
        return await _begun(parquet(client, choice.sql, choice.bound.values))
    return await _begun(_rows(client, query, choice.sql, choice.bound.values, shape))


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, of which the first is there."""
    first = await anext(pieces, b"")

    async def all_pieces() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_pieces()


@asynccontextmanager
async def _errors_of_the_store() -> AsyncIterator[None]:
    try:
        yield
    except (exceptions.Error, aiohttp.ClientError, TimeoutError) as error:
        raise store_error(error) from error


async def _rows(
    client: AsyncClient, query: NamedQuery, sql: str, values: Mapping[str, object], shape: Format
) -> AsyncIterator[bytes]:
    names = [column.name for column in query.columns]
    async with _errors_of_the_store():
        stream = await client.query_row_block_stream(sql, parameters=dict(values))
        header = csv_line(names) if shape == "csv" else b""
        async with stream:
            async for block in stream:
                rows = plain_rows(names, block, query.columns)
                if shape == "csv":
                    yield header + b"".join(csv_row(row, names) for row in rows)
                else:
                    yield b"".join(to_json(row) + b"\n" for row in rows)
                header = b""
        if header:
            yield header


async def parquet(client: AsyncClient, sql: str, values: Mapping[str, object]) -> AsyncIterator[bytes]:
    """The result of a statement as Parquet, as the store writes it."""
    async with _errors_of_the_store():
        stream = await client.raw_stream(sql, parameters=dict(values), transport_settings=_PARQUET)
        async with stream:
            async for piece in stream:
                yield piece
