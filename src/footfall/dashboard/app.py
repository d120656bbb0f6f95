"""The application on :3000: the page at `/`, the brief's endpoints, every named query, and OpenAPI."""

from collections.abc import Mapping
from typing import Any, Final

from quart import Quart, Response

from footfall.config import Config
from footfall.query import NamedQuery
from footfall.query.encode import to_json
from footfall.web.app import create_app
from footfall.web.named import Queries, as_answer, blueprint, given
from footfall.web.openapi import describe, operation
from footfall.web.reading import Reading

# The brief's endpoints, and the named query that answers each.
ENDPOINTS: Final = {
    "/api/stats": "stats",
    "/api/top-products": "top_products",
    "/api/conversion-funnel": "conversion_funnel",
    "/api/hourly-activity": "hourly_activity",
    "/api/revenue-trend": "revenue_trend",
    "/api/user-segments": "user_segments",
}


def create(config: Config) -> Quart:
    """The dashboard's application."""
    app = create_app(config, "dashboard")
    reading = Reading(config, "reader")
    queries = Queries(config, reading)
    app.register_blueprint(blueprint(queries))
    for path, name in ENDPOINTS.items():
        app.add_url_rule(path, name, _endpoint(queries, name), methods=["GET"])

    @app.get("/openapi.json")
    async def openapi() -> Response:
        return await as_answer(to_json(described(queries.all)))

    app.after_serving(reading.close)
    return app


def described(queries: Mapping[str, NamedQuery]) -> dict[str, Any]:
    """The dashboard's API."""
    paths = {path: {"get": operation(queries[name], path)} for path, name in ENDPOINTS.items()}
    return describe(queries, "Footfall dashboard", paths)


def _endpoint(queries: Queries, name: str):  # type: ignore[no-untyped-def]
    async def answered() -> Response:
        return await queries.answer(name, given())

    return answered
