"""One statement to the store and its result back, with Footfall's errors instead of the driver's."""

import re
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from clickhouse_connect.driver import exceptions
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.query import QueryResult

from footfall.errors import CallersFault, FootfallError, LimitExceeded, Overloaded, StoreUnavailable

# ClickHouse's codes for a bound that was reached: of the store (too many queries, memory, time), which may
# be free again in a moment, and of the statement (rows, bytes), which is not.
_BUSY = frozenset({202, 241, 159, 160})
_TOO_MUCH = frozenset({158, 307, 396})
_MESSAGE = re.compile(r"DB::Exception: (?P<text>.*?)(?: \([A-Z_]+\))?(?: \(version .*)?$", re.DOTALL)


async def execute(client: AsyncClient, sql: str, values: Mapping[str, Any]) -> tuple[QueryResult, float]:
    """The store's result and the milliseconds that it took; raises Footfall's errors, never the driver's."""
    started = time.perf_counter()
    try:
        result = await client.query(sql, parameters=dict(values))
    except (exceptions.Error, aiohttp.ClientError, TimeoutError) as error:
        raise store_error(error) from error
    return result, round((time.perf_counter() - started) * 1000, 1)


def store_error(error: Exception) -> FootfallError:
    """A driver's error as one of ours, with the store's own code, name and text where it gave one."""
    if not isinstance(error, exceptions.Error) or error.code is None:
        return StoreUnavailable(f"the store does not answer: {error}")
    found = _MESSAGE.search(str(error))
    text = found["text"] if found else str(error)
    fault: type[FootfallError] = CallersFault
    if error.code in _BUSY:
        fault = Overloaded
    elif error.code in _TOO_MUCH:
        fault = LimitExceeded
    return fault(text, store_code=error.code, store_name=error.name)
