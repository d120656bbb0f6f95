"""A history in the worker's store, and the truth about it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from tests import support
from tests.conftest import empty

SMALL = ("--users", "300", "--products", "50", "--events", "12000", "--orders", "1200")


@pytest.fixture(scope="module")
def answers(
    config: Config, store_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """The truth about a history that is in the store."""
    empty(store_client)
    path = tmp_path_factory.mktemp("truth") / "truth.json"
    done = support.run(config, "generate", *SMALL, "--truth", str(path))
    assert done.returncode == 0, done.stderr
    yield json.loads(path.read_text())
    empty(store_client)
