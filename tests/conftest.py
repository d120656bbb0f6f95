"""Fixtures that start the real thing: one engine a test worker, servers on first use."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from footfall import store
from footfall.config import Config
from footfall.schema.migrate import migrate
from tests import support
from tests.ingest.client import Client as Ingest
from tests.ingest.client import settle


def pytest_report_header() -> list[str]:
    """Says where tests are left out because their data is not here."""
    if support.SHARED_DATA.is_dir():
        return []
    return [f"real data: {support.SHARED_DATA} is not here, so tests/real_data is left out"]


LONG = ("bench", "crash", "upkeep", "sdk", "schema", "clients", "generate", "real_data", "browser")
"""Folders of modules that take long and hold few tests: begun last, they would leave a worker alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that take long come first (`--no-loadscope-reorder` keeps the order)."""
    order = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.relative_to(support.ROOT / "tests").parts[0], len(LONG)))


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """Configuration of a running engine whose schema is migrated; one a test worker."""
    # What nobody waits for comes soon, too: tests that settle take no longer than they must.
    config = support.make_config(tmp_path_factory.mktemp("footfall"), flush_interval_ms=40)
    engine = support.start("engine", config)
    migrate(config)
    yield config
    engine.stop()


@pytest.fixture(scope="session")
def store_client(config: Config) -> Iterator[Client]:
    """A client of the store's owner."""
    with store.connect(config, "footfall") as client:
        yield client


@pytest.fixture(scope="session")
def writer(config: Config) -> Iterator[Client]:
    """A client of the store's user writer."""
    with store.connect(config, "writer") as client:
        yield client


@pytest.fixture(scope="session")
def reader(config: Config) -> Iterator[Client]:
    """A client of the store's user reader."""
    with store.connect(config, "reader") as client:
        yield client


@pytest.fixture(scope="session")
def analyst(config: Config) -> Iterator[Client]:
    """A client of the store's user analyst."""
    with store.connect(config, "analyst") as client:
        yield client


@pytest.fixture
def fresh_store(config: Config, store_client: Client) -> Config:
    """As `config`, with every table empty."""
    empty(store_client)
    return config


_with_ingest: list[Config] = []


def empty(client: Client) -> None:
    """Empties every table of the schema but the record of migrations, once nothing is on its way there."""
    for config in _with_ingest:
        settle(Ingest(config))
    tables = client.query(
        "SELECT database, name FROM system.tables WHERE database IN ('footfall', 'footfall_private')"
        " AND engine LIKE '%MergeTree' AND name != 'schema_migrations'"
    ).result_rows
    for database, name in tables:
        client.command(
            "TRUNCATE TABLE {database:Identifier}.{name:Identifier}",
            parameters={"database": database, "name": name},
        )


@pytest.fixture(scope="session")
def ingest_url(config: Config) -> Iterator[str]:
    """URL of a running ingest that writes to the worker's engine."""
    process = support.start("ingest", config)
    _with_ingest.append(config)
    yield config.url("ingest")
    _with_ingest.remove(config)
    process.stop()


@pytest.fixture
def start() -> Iterator[Callable[..., support.Process]]:
    """Starts servers that end with the test."""
    running: list[support.Process] = []

    def start_one(server: str, config: Config, *options: str) -> support.Process:
        running.append(support.start(server, config, *options))
        return running[-1]

    yield start_one
    for process in reversed(running):
        process.stop()


@pytest.fixture
def own_config(tmp_path: Path) -> Config:
    """Configuration of a stack that is not running, with a data folder of its own."""
    return support.make_config(tmp_path)
