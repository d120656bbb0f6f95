"""The engine: one database, and everything that requests to it share."""

import asyncio
import os
import platform
import threading
from concurrent.futures import ThreadPoolExecutor

from footfall.config import Config
from footfall.engine import users
from footfall.engine.database import Database
from footfall.engine.guard import Guard
from footfall.engine.handles import Handles
from footfall.engine.running import Registry, Slots
from footfall.engine.sessions import Sessions
from footfall.engine.workers import Workers

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

    async def sweep(self) -> None:
        """Ends sessions and removes files whose time is over, until it is cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sessions.expire()
            self.database.tidy()

    async def stop(self) -> None:
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
