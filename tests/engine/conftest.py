"""Plain HTTP clients of the worker's engine."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import settings

from footfall.config import Config
from tests.engine.speak import speaker

settings.register_profile("untimed", deadline=None)  # speed is measured in bench/, not here
settings.load_profile("untimed")


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
