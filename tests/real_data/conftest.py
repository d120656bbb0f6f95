"""A real stack that keeps history for ever, as the sets are years old."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from footfall import store
from footfall.config import Config
from footfall.query import catalogue, run
from footfall.schema.migrate import migrate
from tests import support

# The sets are not ours to hand on: they lie beside a checkout of the project, or not.
collect_ignore_glob = [] if support.SHARED_DATA.is_dir() else ["test_*.py"]


@dataclass(frozen=True)
class Shop:
    """A running stack: `ask` runs a named query over HTTP as the user reader."""

    config: Config

    def ask(self, name: str, **params: str) -> list[dict[str, Any]]:
        async def asking() -> list[dict[str, Any]]:
            client = await store.connect_async(self.config, "reader")
            try:
                return (await run(client, catalogue(self.config)[name], params)).rows
            finally:
                await client.close()

        return asyncio.run(asking())

    def import_file(self, *arguments: str) -> list[str]:
        """Lines that `footfall import` prints; it must reject nothing."""
        done = support.run(self.config, "import", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    config = support.make_config(
        tmp_path_factory.mktemp("shop"), events_ttl_days=0, orders_ttl_days=0, currency="GBP"
    )
    engine = support.start("engine", config)
    try:
        migrate(config)
        ingest = support.start("ingest", config)
        try:
            yield Shop(config)
        finally:
            ingest.stop()
    finally:
        engine.stop()
