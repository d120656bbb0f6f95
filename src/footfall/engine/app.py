"""The engine as an ASGI application, and the process that serves it."""

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from footfall.config import Config
from footfall.engine import sandbox
from footfall.engine.answer import KEEP_ALIVE_S
from footfall.engine.connection import Connection
from footfall.engine.database import Database
from footfall.engine.engine import Engine
from footfall.engine.exchange import Exchange
from footfall.serve import listen, run_app


def application(engine: Engine) -> ASGIApp:
    """The ASGI application."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        gc.freeze()  # what is there stays; requests leave few cycles, and each look for them stops all
        gc.set_threshold(50_000, 20, 50)
        sweeper = asyncio.create_task(engine.sweep())
        try:
            yield
        finally:
            sweeper.cancel()
            await engine.stop()

    start_and_stop, exchange = Router(lifespan=lifespan), Exchange(engine)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (exchange if scope["type"] == "http" else start_and_stop)(scope, receive, send)

    return app


def serve(config: Config) -> None:
    """Serves the embedded engine on `engine_port` until SIGINT or SIGTERM.

    What needs a right comes first, the port and the files; then the process gives its rights up.
    """
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    os.umask(0o077)  # what it stores is for nobody else
    listener = listen(config.host, config.engine_port)
    database = Database(config.data_dir)
    unconfined = sandbox.confine(changes=database.folders, reads=[database.settings])
    if unconfined:
        print(f"engine is not confined by the kernel: {unconfined}", flush=True)
    database.start(unconfined)
    options = {"timeout_keep_alive": KEEP_ALIVE_S, "http": Connection, "ws": "none", "proxy_headers": False}
    run_app(application(Engine(config, database)), config, listener, "engine", **options)


def _is_news(record: logging.LogRecord) -> bool:
    """A stream that ends with an error is left incomplete on purpose; clients are told what they do wrong."""
    known = ("ASGI callable returned without", "Invalid HTTP request", "Unsupported upgrade", "No supported")
    return not record.getMessage().startswith(known)
