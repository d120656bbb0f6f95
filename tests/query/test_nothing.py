"""Where there is nothing, every query says so with zeros and nulls: no error, and no NaN."""

import math
from decimal import Decimal
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.config import Config
from footfall.query import NamedQuery, catalogue, prove, run

REQUIRED = {"user_id": "77", "product_id": "77", "session_id": "none"}
LONG_AGO = {
    "from": "2001-01-01", "to": "2001-01-03", "at": "2001-01-02", "after": "2100-01-01",
    "registered_to": "1971-01-01",
}  # fmt: skip
# Names of things that a row is about, and figures that are a name too.
NAMES = {"hour", "step", "weekday", "week", "place"}


def nothing(query: NamedQuery) -> dict[str, str]:
    names = {parameter.name for parameter in query.parameters}
    asked = {name: value for name, value in LONG_AGO.items() if name in names}
    return asked | {p.name: REQUIRED.get(p.name, "none") for p in query.parameters if p.required}


@pytest.mark.parametrize("name", sorted(catalogue(Config())))
async def test_nothing_is_zeros_and_nulls(kept_client: AsyncClient, name: str) -> None:
    query = catalogue(Config())[name]
    names = {parameter.name for parameter in query.parameters}
    variants: list[dict[str, str]] = [{}]
    variants += [{"exact": "true"}] if "exact" in names else []
    variants += [{"tz": "Asia/Kolkata"}] if "tz" in names and query.grain is None else []
    variants += [{"country": "ZZ"}] if "country" in names else []
    variants += [{"compare": "before"}] if "compare" in names else []
    for more in variants:
        answer = await run(kept_client, query, nothing(query) | more)
        for row in answer.rows:
            for column in answer.columns:
                assert is_nothing(row[column.name], column.unit, column.name), (more, row, column.name)
    if {"from", "to"} <= names:
        await run(kept_client, query, nothing(query) | dict.fromkeys(("from", "to"), "2026-03-29T01:00:00Z"))
    if query.proof:
        assert (await prove(kept_client, query, nothing(query), attempts=1)).verdict == "equal"


def is_nothing(value: Any, unit: str, name: str) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if unit in {"text", "time", "day", "id", "flag"} or name in NAMES:
        return True
    if unit in {"percent", "ratio"} or name in {"aov", "average_value"}:
        return value is None
    return value is None or Decimal(value) == 0
