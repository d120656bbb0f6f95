"""Both pages answer as /openapi.json says, whatever is asked: tried by schemathesis."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, settings
from schemathesis import checks
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
    found.config.generation.update(modes=list(schemathesis.GenerationMode))  # what fits, and what does not
    return found


EVERY = described(QUERIES)
# Operations of named queries are made alike: those of one are tried, and every query is asked once below.
SOME = ("user_timeline",)
TRIED = [path for path in EVERY["paths"] if not path.startswith("/api/query/")] + [
    f"/api/query/{name}{side}" for name in SOME for side in ("", "/proof", "/explain", ".{format}")
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


def test_every_query_answers_as_it_is_described(urls: dict[str, str]) -> None:
    every = interface(EVERY)
    for name, query in QUERIES.items():
        given = {parameter.name: "1" for parameter in query.parameters if parameter.required}
        case = every[f"/api/query/{name}"]["GET"].Case(query=given)
        answer = case.call_and_validate(base_url=urls["dashboard"], checks=CHECKS)
        assert answer.status_code == 200, name
