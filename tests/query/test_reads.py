"""What a shipped query reads is known, and its answer depends on those rows and its values alone.

The pages keep answers on this ground (decision 16). The engine's own tree of a statement tells its tables
and functions. `now` may stand only where it is rounded to hours or days: what is kept ends each quarter of an
hour.
"""

import re

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.query import NamedQuery, catalogue
from footfall.query.choose import Choice
from footfall.query.parameters import bind
from footfall.query.reads import VIEWS, tables, unfiltered

SHIPPED = catalogue(Config())
ROUNDED = re.compile(r"toStartOfHour\(now\('UTC'\)\)|toDate\(now\('UTC'\)(, \{tz:String\})?\)")
FICKLE = "SELECT name FROM system.functions WHERE deterministic = 0"


@pytest.fixture(scope="module")
def fickle(store_client: Client) -> set[str]:
    """Functions whose value is not that of their arguments, as the engine says itself."""
    found = {str(row[0]) for row in store_client.query(FICKLE).result_rows}
    assert {"now", "now64", "today", "rand", "generateUUIDv4", "currentUser", "hostName"} <= found
    return found


def given(query: NamedQuery, **more: str) -> dict[str, str]:
    return {parameter.name: "1" for parameter in query.parameters if parameter.required} | more


def tree(client: Client, query: NamedQuery, sql: str) -> str:
    return str(client.command(f"EXPLAIN AST {sql}", parameters=dict(bind(query, given(query)).values)))


def read(lines: str, sql: str) -> set[str]:
    """Our tables in a tree; what else it reads must be named in the statement itself."""
    named = {*re.findall(r"TableIdentifier (\S+)", lines)}
    own = {table for table in named if table.startswith("footfall.")}
    assert named - own <= set(re.findall(r"(\w+) AS\s+\(", sql)), "a table that is neither ours nor a CTE"
    assert "TableFunction" not in lines and "Dictionary" not in lines
    return {VIEWS.get(name, name) for name in (table.removeprefix("footfall.") for table in own)}


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_an_answer_depends_on_the_tables_that_are_told_and_on_nothing_else(
    name: str, store_client: Client, fickle: set[str]
) -> None:
    query = SHIPPED[name]
    filters = {p.name: "ZZ" for p in query.parameters if p.inherited and p.name in {"country", "browser"}}
    for sql in filter(None, (query.sql, query.proof)):
        plain = tables(query, Choice(sql, bind(query, given(query)), None))
        filtered = tables(query, Choice(sql, bind(query, given(query, **filters)), None))
        assert plain is not None and filtered is not None
        bare = unfiltered(sql)
        own = read(tree(store_client, query, bare), bare)
        assert own and own <= plain
        lines = tree(store_client, query, sql)
        assert read(lines, sql) <= filtered
        called = re.findall(r"Function (\w+)", lines)
        assert fickle.intersection(called) <= {"now", "arrayJoin"}
        assert called.count("now") == len(ROUNDED.findall(sql)), "now but by the hour or the day"


def test_views_read_the_tables_that_are_named_here(store_client: Client) -> None:
    query = (
        "SELECT name, create_table_query FROM system.tables WHERE database = 'footfall' AND engine = 'View'"
    )
    for name, statement in store_client.query(query).result_rows:
        assert set(re.findall(r"FROM footfall\.(\w+)", statement)) == {VIEWS[name]}
        assert "now" not in statement
