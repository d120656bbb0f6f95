"""The lists of functions are reviewed for one engine: a new one fails here until somebody has looked."""

from importlib.resources import files

import httpx
import pytest

from footfall.engine import rights
from footfall.engine.tree import (
    AGGREGATE_ARGUMENT,
    BOTH_TABLE_AND_FUNCTION,
    IN_FUNCTIONS,
    TAKE_FUNCTIONS,
    TYPE_ARGUMENT,
    WITH_WRITTEN_OUT_ARRAY,
)
from tests.engine.speak import code

BY_THE_PARSER = {"exists", "grouping", "lambda", "untuple"}


def names(file: str) -> set[str]:
    text = (files("footfall.engine") / "allow" / file).read_text()
    return {name for line in text.splitlines() if not line.startswith("#") for name in line.split()}


def ask(client: httpx.Client, sql: str) -> set[str]:
    return set(client.post("/", content=sql).text.split())


def test_every_function_of_the_engine_is_on_one_list(owner_http: httpx.Client) -> None:
    lists = [names("functions.txt"), names("aggregates.txt"), names("refused.txt")]
    assert ask(owner_http, "SELECT name FROM system.functions WHERE origin = 'System'") == (
        set.union(*lists) - BY_THE_PARSER
    )
    for one in lists:
        for other in lists:
            assert one is other or not one & other


def test_a_function_that_a_new_engine_brings_is_seen_and_refused(
    owner_http: httpx.Client, analyst_http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grown engine, as this list sees it: one whose functions are on no list any more."""
    lists = {name: names(name) for name in ("functions.txt", "aggregates.txt", "refused.txt")}
    for gone in ("lower", "uniq", "file"):
        monkeypatch.setattr(
            "tests.engine.test_allow_lists.names", lambda file, gone=gone: lists[file] - {gone}
        )
        with pytest.raises(AssertionError):
            test_every_function_of_the_engine_is_on_one_list(owner_http)
    create = "CREATE FUNCTION brought_by_a_new_engine AS x -> x"
    assert owner_http.post("/", content=create).status_code == 200
    try:
        assert code(analyst_http.post("/", content="SELECT brought_by_a_new_engine(1)")) == 497
        assert code(analyst_http.post("/", content="SELECT arrayMap(brought_by_a_new_engine, [1])")) == 497
    finally:
        owner_http.post("/", content="DROP FUNCTION brought_by_a_new_engine")


def test_every_allowed_function_passes_the_guard(analyst_http: httpx.Client) -> None:
    """With arguments that are none of its own the engine may refuse it, and the guard may not."""
    special = IN_FUNCTIONS | TYPE_ARGUMENT.keys() | AGGREGATE_ARGUMENT | WITH_WRITTEN_OUT_ARRAY
    refused = []
    for name in sorted(names("functions.txt") | names("aggregates.txt")):
        if name.lower() in special:
            continue
        answer = analyst_http.post("/", content=f"SELECT {name}(1)")
        if code(answer) in (164, 497):
            refused.append(name)
    assert refused == []


def test_aggregate_functions_are_on_their_own_list(owner_http: httpx.Client) -> None:
    sql = "SELECT name FROM system.functions WHERE is_aggregate AND origin = 'System'"
    assert names("aggregates.txt") <= ask(owner_http, sql)
    assert not names("functions.txt") & ask(owner_http, sql)


def test_every_combinator_is_known(owner_http: httpx.Client) -> None:
    sql = "SELECT name FROM system.aggregate_function_combinators WHERE NOT is_internal"
    assert set(rights.COMBINATORS) == ask(owner_http, sql)


def test_allowed_functions_that_are_table_functions_too_are_known(owner_http: httpx.Client) -> None:
    tables = {name.lower() for name in ask(owner_http, "SELECT name FROM system.table_functions")}
    assert tables >= rights.TABLE_FUNCTIONS
    assert (rights.functions() | rights.aggregates()) & tables == BOTH_TABLE_AND_FUNCTION


def test_functions_with_arguments_of_their_own_kind_are_known(owner_http: httpx.Client) -> None:
    """`in` and its kin, and what takes a type or an aggregate function as text, by the engine's own words."""
    assert rights.functions() >= IN_FUNCTIONS
    assert rights.functions() >= TYPE_ARGUMENT.keys() | AGGREGATE_ARGUMENT
    sql = (
        "SELECT name FROM system.functions WHERE origin = 'System' AND NOT is_aggregate"
        " AND (match(lower(arguments), 'aggregate function name|name of an aggregate|type name|target type|"
        "destination type|return_type|data type to')) "
    )
    unchecked = {name.lower() for name in ask(owner_http, sql)} & rights.functions()
    assert unchecked <= TYPE_ARGUMENT.keys() | AGGREGATE_ARGUMENT | NO_TYPE_AS_TEXT


def test_functions_that_take_functions_are_known(owner_http: httpx.Client) -> None:
    takers = {
        name.lower() for name in ask(owner_http, "SELECT name FROM system.functions WHERE higher_order")
    }
    assert takers & rights.functions() == TAKE_FUNCTIONS


NO_TYPE_AS_TEXT: set[str] = set()
"""Functions whose description speaks of types, and that take none as text."""
