"""Both pages answer as /openapi.json says, whatever is asked: tried by schemathesis.

Each path that a page has of its own is gone through with the bounds of its schema. The paths of the named
queries are made alike, four for each: the bounds are tried on one query, and every query is asked in all four
ways, of both pages, with what its parameters document and with what they do not.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as conformance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from footfall.config import Config
from footfall.dashboard.app import described
from footfall.live.openapi import PATHS
from footfall.query import catalogue
from footfall.web.openapi import describe
from tests import support
from tests.conftest import empty
from tests.query import shop

EXAMPLES = 2  # requests to each path, beside those that try each bound of its schema
QUESTIONS = 5  # to each named query
FEW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
    conformance.response_headers_conformance,
]
QUERIES = catalogue(Config())


@pytest.fixture(scope="module")
def urls(
    config: Config, store_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Both pages over the small shop; queries are saved in a folder of their own."""
    empty(store_client)
    shop.fill(store_client)
    own = replace(config, queries=str(tmp_path_factory.mktemp("queries")))
    running = [support.start(page, own) for page in ("dashboard", "live")]
    yield {page: own.url(page) for page in ("dashboard", "live")}
    for process in running:
        process.stop()


def interface(description: dict[str, Any]) -> OpenApiSchema:
    found = schemathesis.openapi.from_dict(description)
    found.config.generation.update(modes=list(GenerationMode))  # what fits, and what does not
    return found


EVERY = described(QUERIES)
SIDES = ("", "/proof", "/explain", ".{format}")
TRIED = [path for path in EVERY["paths"] if not path.startswith("/api/query/")] + [
    f"/api/query/user_timeline{side}" for side in SIDES
]
dashboard = interface(EVERY | {"paths": {path: EVERY["paths"][path] for path in TRIED}})
# What both pages have is tried on one of them; a stream has no end, and tests of its own.
live = interface(describe({}, "live", PATHS)).exclude(path="/events")


@dashboard.parametrize()
@FEW
def test_the_dashboard_answers_as_it_is_described(case: Any, urls: dict[str, str]) -> None:
    case.call_and_validate(base_url=urls["dashboard"], checks=CHECKS)


@live.parametrize()
@FEW
def test_the_live_page_answers_as_it_is_described(case: Any, urls: dict[str, str]) -> None:
    case.call_and_validate(base_url=urls["live"], checks=CHECKS)


queries = {page: interface(describe(QUERIES, page, {})) for page in ("dashboard", "live")}


@pytest.mark.parametrize("name", QUERIES)
@settings(FEW, max_examples=QUESTIONS)
@given(data=st.data())
def test_whatever_a_query_is_asked_it_answers_as_it_is_described(
    name: str, urls: dict[str, str], data: st.DataObject
) -> None:
    asked = queries["dashboard"][f"/api/query/{name}"]["GET"]
    mode = data.draw(st.sampled_from([*GenerationMode, GenerationMode.POSITIVE]))
    query = data.draw(asked.as_strategy(generation_mode=mode)).query
    # Texts that are made up are refused; those that are given as examples lead further.
    for parameter in asked.definition.raw["parameters"]:
        if parameter["name"] in query and (known := parameter["schema"].get("examples")):
            query[parameter["name"]] = data.draw(st.sampled_from([query[parameter["name"]], *known]))
    page = data.draw(st.sampled_from(sorted(queries)))
    side = data.draw(st.sampled_from(SIDES))
    shape = {"format": data.draw(st.sampled_from(["csv", "ndjson", "parquet"]))} if "{" in side else {}
    case = queries[page][f"/api/query/{name}{side}"]["GET"].Case(query=query, path_parameters=shape)
    case.call_and_validate(base_url=urls[page], checks=CHECKS)


def test_every_query_answers_as_it_is_described(urls: dict[str, str]) -> None:
    for name, query in QUERIES.items():
        required = {parameter.name: "1" for parameter in query.parameters if parameter.required}
        case = queries["dashboard"][f"/api/query/{name}"]["GET"].Case(query=required)
        answer = case.call_and_validate(base_url=urls["dashboard"], checks=CHECKS)
        assert answer.status_code == 200, name
