"""The engine as an ASGI application: what its requests share, and its start and stop."""

import asyncio
import gc
import logging
import os
import platform
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from footfall.config import Config
from footfall.engine import sandbox, users
from footfall.engine.answer import KEEP_ALIVE_S
from footfall.engine.connection import Connection
from footfall.engine.exchange import Exchange
from footfall.engine.guard import Guard
from footfall.engine.handles import Database, Handles
from footfall.engine.running import Registry, Slots
from footfall.engine.sessions import Sessions
from footfall.engine.workers import Workers
from footfall.serve import listen, run_app

WAITING = 256
FORMS = 4
"""Large forms of one user that are in memory at once."""
WAIT_S = 10.0
STOP_S = 1.0
CLOSE_S = 2.0
"""Seconds that closing the database may take: it waits for what runs by itself, as a refresh does."""
SWEEP_S = 5.0


class Engine:
    """One database and everything that requests to it share."""

    def __init__(self, config: Config, database: Database) -> None:
        self.config = config
        self.users = users.users(config)
        self.database = database
        self.handles = Handles(self.database)
        # One a user, so that nobody waits for the long texts of others.
        guarded = [user for user in self.users.values() if user.guarded]
        self.guards = {user.name: Guard(user, self.database.open) for user in guarded}
        self.sessions = Sessions()
        self.host = platform.node() or "localhost"
        # Twice, because a call that cannot be stopped yet keeps its thread when it has lost its slot.
        threads = 2 * sum(user.slots for user in self.users.values())
        self.statements = Workers(threads, "statement")
        self.helpers = ThreadPoolExecutor(4, "helper")
        self.guarding = {name: ThreadPoolExecutor(1, f"guard of {name}") for name in self.guards}
        self.running = Registry(self.database.open, self.helpers)
        self.slots = {user.name: Slots(user.slots, WAITING, WAIT_S) for user in self.users.values()}
        self.forms = {name: Slots(FORMS, WAITING, WAIT_S) for name in self.users}
        self.folder = database.folders[-1]

    def app(self) -> ASGIApp:
        """The ASGI application."""

        @asynccontextmanager
        async def lifespan(_: object) -> AsyncIterator[None]:
            gc.freeze()  # what is there stays; requests leave few cycles, and each look for them stops all
            gc.set_threshold(50_000, 20, 50)
            sweeper = asyncio.create_task(self._sweep())
            try:
                yield
            finally:
                sweeper.cancel()
                await self._stop()

        start_and_stop, exchange = Router(lifespan=lifespan), Exchange(self)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await (exchange if scope["type"] == "http" else start_and_stop)(scope, receive, send)

        return app

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sessions.expire()
            self.database.tidy()

    async def _stop(self) -> None:
        """Kills what still runs and closes the database once nothing does."""
        ended = asyncio.get_running_loop().create_future()
        kills = [asyncio.create_task(self.running.kill(one, ended)) for one in self.running.all()]
        waited = 0.0
        while self.running.all() and waited < STOP_S:
            await asyncio.sleep(0.05)
            waited += 0.05
        ended.cancel()
        for kill in kills:
            kill.cancel()
        self.statements.stop()
        for guarding in self.guarding.values():
            guarding.shutdown(wait=False, cancel_futures=True)
        self.helpers.shutdown(wait=not self.running.all(), cancel_futures=True)
        if not self.running.all():
            too_long = threading.Timer(CLOSE_S, os._exit, (0,))  # what was acknowledged is on disk
            too_long.daemon = True
            too_long.start()
            for guard in self.guards.values():
                guard.close()
            self.sessions.close()
            self.handles.close()
            self.database.close()
            too_long.cancel()
        else:  # the interpreter would wait for the thread of a call that cannot be stopped
            os._exit(0)


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
    run_app(Engine(config, database).app(), config, listener, "engine", **options)


def _is_news(record: logging.LogRecord) -> bool:
    """A stream that ends with an error is left incomplete on purpose; clients are told what they do wrong."""
    known = ("ASGI callable returned without", "Invalid HTTP request", "Unsupported upgrade", "No supported")
    return not record.getMessage().startswith(known)
