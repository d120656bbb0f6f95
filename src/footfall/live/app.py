"""The application on :3001: the page, its stream, every named query, the SQL box, dead letters and health."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, cast

from quart import Quart, Response, request

from footfall.config import Config
from footfall.live.boards import Boards
from footfall.live.direct import Direct
from footfall.live.health import Health
from footfall.live.hub import Hub, Subscriber
from footfall.live.letters import Letters
from footfall.live.openapi import PATHS
from footfall.live.poller import Poller
from footfall.live.saving import Saving
from footfall.live.sql import SqlBox
from footfall.live.wanted import Wanted
from footfall.query.encode import to_json
from footfall.web.app import create_app
from footfall.web.login import admin_only
from footfall.web.named import Queries, as_answer, as_json, blueprint
from footfall.web.openapi import describe
from footfall.web.reading import Reading

RETRY_MS: Final = 2000


def create(config: Config) -> Quart:
    """The live dashboard's application."""
    app = create_app(config, "live")
    reading, typing, private = (Reading(config, user) for user in ("reader", "analyst", "writer"))
    queries = Queries(config, reading)
    hub = Hub()
    box = SqlBox(typing)
    saving = Saving(config, queries)
    letters = Letters(private)
    app.register_blueprint(blueprint(queries))
    tasks: set[asyncio.Task[None]] = set()

    @app.before_serving
    async def start() -> None:
        poller, boards = Poller(hub, queries, reading), Boards(hub, queries, reading)
        for work in (hub, poller, boards, Health(config, hub)):
            tasks.add(asyncio.create_task(work.run_forever()))

    @app.after_serving
    async def stop() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in (reading, typing, private):
            await client.close()

    @app.get("/events")
    async def events() -> Response:
        given = request.args.to_dict()
        last = given.pop("last_event_id", None)
        last = request.headers.get("Last-Event-ID") or last
        wanted = Wanted.of(given)
        body = (
            _frames(hub, hub.join(last, wanted), Direct(cast(Mapping[str, Any], request.scope)))
            if request.method == "GET"
            else b""
        )
        response = Response(body, mimetype="text/event-stream")
        response.headers |= {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response.timeout = None
        return response

    @app.get("/openapi.json")
    async def openapi() -> Response:
        return await as_answer(to_json(describe(queries.all, "Footfall live", PATHS)))

    @app.post("/api/sql")
    @admin_only
    async def sql() -> Response:
        return as_json(to_json(await box.run(await request.get_data(True, False, False))))

    @app.post("/api/sql/cost")
    @admin_only
    async def cost() -> Response:
        return as_json(to_json(await box.cost(await request.get_data(True, False, False))))

    @app.post("/api/queries")
    @admin_only
    async def save() -> Response:
        return as_json(to_json(saving.save(await request.get_data(True, False, False))))

    @app.get("/api/dead-letters")
    @admin_only
    async def dead_letters() -> Response:
        return as_json(to_json(await letters.groups()))

    @app.get("/api/dead-letters/<kind>/<reason>")
    @admin_only
    async def latest_letters(kind: str, reason: str) -> Response:
        return as_json(to_json(await letters.latest(kind, reason)))

    return app


async def _frames(hub: Hub, subscriber: Subscriber, connection: Direct) -> AsyncIterator[bytes]:
    """What one page is sent first; what comes then is written to its connection, until that is closed."""
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        subscriber.connect(connection)
        await asyncio.get_running_loop().create_future()
    finally:
        hub.leave(subscriber)
