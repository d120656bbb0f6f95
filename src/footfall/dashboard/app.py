"""The application on :3000: the page at `/`, the brief's endpoints, every named query, and OpenAPI."""

from typing import Final

from quart import Quart, Response

from footfall.config import Config
from footfall.dashboard.openapi import describe
from footfall.query.encode import to_json
from footfall.web.app import create_app
from footfall.web.named import Queries, as_json, blueprint, given
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
        return as_json(to_json(describe(queries.all, ENDPOINTS)))

    app.after_serving(reading.close)
    return app


def _endpoint(queries: Queries, name: str):  # type: ignore[no-untyped-def]
    async def answered() -> Response:
        return await queries.answer(name, given())

    return answered
