"""/openapi.json says what ingest takes and answers: compared with its routes, and tried by schemathesis."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as conformance
from starlette.routing import Route

from footfall.config import Config
from footfall.ingest import keys
from footfall.ingest.api import Api
from footfall.ingest.openapi import describe
from footfall.ingest.segment.envelope import PATHS
from footfall.model import KINDS, ORDER_STATUSES, Event, Order, Product, Reason, User
from tests.ingest.client import Client

EXAMPLES = 6  # requests to each path, beside those that try each bound of its schema
ORIGIN = "https://shop.example"
CHECKS = [
    checks.not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_schema_conformance,
]


async def test_every_path_and_method_is_described(own_config: Config) -> None:
    app = Api(own_config).app()
    async with app.router.lifespan_context(app):  # its end closes what the interface has opened
        routes = {
            (route.path, method)
            for route in app.routes
            if isinstance(route, Route)
            for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
        }
    kinds = {(f"/v1/{kind}", "POST") for kind in KINDS}
    routes = routes - {("/v1/{kind}", "POST")} | kinds
    described = {(path, method.upper()) for path, item in describe()["paths"].items() for method in item}
    assert described == routes
    assert {f"/v1/{path}" for path in PATHS} <= describe()["paths"].keys()


@pytest.mark.parametrize("struct", [Event, Order, User, Product])
def test_items_have_the_fields_that_are_decoded(struct: Any) -> None:
    schema = describe()["components"]["schemas"][struct.__name__]
    assert tuple(schema["properties"]) == struct.__struct_fields__
    assert schema["additionalProperties"] is False


def test_closed_lists_are_the_models() -> None:
    schemas = describe()["components"]["schemas"]
    assert schemas["ItemError"]["properties"]["code"]["enum"] == list(Reason)
    assert schemas["Order"]["properties"]["status"]["enum"] == list(ORDER_STATUSES)


def test_the_description_is_served(shop: Client) -> None:
    answer = shop.request("GET", "/openapi.json", None, {})
    assert (answer.status, answer.body) == (200, json.loads(json.dumps(describe())))


@pytest.fixture(scope="module")
def browser_key(config: Config) -> Iterator[str]:
    yield keys.create(config, "schemathesis", ["browser"], origins=[ORIGIN], rate=1_000_000)
    keys.revoke(config, "schemathesis")


@schemathesis.serializer("application/x-ndjson")
def _lines(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


interface = schemathesis.openapi.from_dict(describe())
interface.config.generation.update(modes=list(schemathesis.GenerationMode))  # what fits, and what does not


@interface.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_gets_an_answer_that_fits_the_description(
    case: Any, config: Config, ingest_url: str, browser_key: str
) -> None:
    headers = {"Authorization": f"Bearer {config.write_key}"}
    if case.path == "/v1/browser":
        headers = {"Origin": ORIGIN}
        case.query["key"] = browser_key
    if case.query:
        case.query.pop("wait", None)  # each would take a flush; waiting has tests of its own
    case.call_and_validate(base_url=ingest_url, headers=headers, checks=CHECKS)
