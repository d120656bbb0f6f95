"""Plain HTTP clients of the worker's engine."""

from collections.abc import Iterator

import httpx
import pytest

from footfall.config import Config
from tests.engine.speak import speaker


@pytest.fixture(scope="session")
def owner_http(config: Config) -> Iterator[httpx.Client]:
    with speaker(config, "footfall") as client:
        yield client


@pytest.fixture(scope="session")
def reader_http(config: Config) -> Iterator[httpx.Client]:
    with speaker(config, "reader") as client:
        yield client


@pytest.fixture(scope="session")
def analyst_http(config: Config) -> Iterator[httpx.Client]:
    with speaker(config, "analyst") as client:
        yield client


@pytest.fixture(scope="session")
def writer_http(config: Config) -> Iterator[httpx.Client]:
    with speaker(config, "writer") as client:
        yield client
