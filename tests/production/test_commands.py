"""Each container's command, run here by hand with the container's own settings against a ClickHouse by URL.

The ClickHouse is an engine that speaks its interface; what differs from a container are the addresses.
"""

import dataclasses
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from footfall import config as configuration
from footfall import store
from footfall.config import Config
from tests import support
from tests.production.test_compose import SERVERS, SERVICES

PASSWORDS = {
    name: f"it's a \\ {name} of our own"
    for name in (
        *("password", "writer_password", "reader_password", "analyst_password"),
        *("admin_password", "write_key"),
    )
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A store that is reached by its URL alone."""
    config = support.make_config(tmp_path_factory.mktemp("server"), **PASSWORDS)
    process = support.start("engine", config)
    yield config
    process.stop()


def container(service: str, server: Config, folder: Path) -> Config:
    """The settings that compose.yaml gives a container, with this machine's addresses in their place."""
    environment: dict[str, str] = {}
    for variable, value in SERVICES[service]["environment"].items():
        environment[variable] = interpolated(
            value, {configuration.variable_of(k): v for k, v in PASSWORDS.items()}
        )
    assert environment["FOOTFALL_CLICKHOUSE_URL"] == "http://clickhouse:8123"
    environment["FOOTFALL_CLICKHOUSE_URL"] = server.store_url
    environment["FOOTFALL_DATA_DIR"] = str(folder)
    for name in SERVERS:
        environment[f"FOOTFALL_{name.upper()}_PORT"] = str(support.free_port())
    return configuration.load(environment, folder=folder)


def interpolated(text: str, given: dict[str, str]) -> str:
    """A value as Compose fills it in: `${NAME:?…}` must be given, `${NAME:-default}` may be."""
    match = re.fullmatch(r"\$\{(\w+):([?-])(.*)\}", text)
    if match is None:
        return text
    return given[match[1]] if match[2] == "?" else given.get(match[1], match[3])


def test_migrate_runs_to_its_end_and_again(server: Config, tmp_path: Path) -> None:
    config = container("migrate", server, tmp_path)
    assert not config.embedded
    for _ in range(2):
        result = support.run(config, *SERVICES["migrate"]["command"])
        assert result.returncode == 0, result.stderr
    assert "nothing to do" in result.stdout
    with store.connect(config, "reader") as client:
        assert client.query("SELECT count() FROM events").result_rows == [(0,)]


@pytest.mark.parametrize("service", SERVERS)
def test_a_server_starts_and_its_health_check_agrees(service: str, server: Config, tmp_path: Path) -> None:
    assert support.run(container("migrate", server, tmp_path), "migrate").returncode == 0
    config = container(service, server, tmp_path)
    (command,) = SERVICES[service]["command"]
    process = support.launch(command, config)
    try:
        deadline = time.monotonic() + 30
        while (code := health(service, config)) != 0 and time.monotonic() < deadline:
            assert process.popen.poll() is None, process.output()
            time.sleep(0.1)
        assert code == 0, process.output()
        assert process.stop() == 0
    finally:
        process.kill()


def test_a_server_refuses_to_be_open_without_passwords(tmp_path: Path) -> None:
    config = dataclasses.replace(support.make_config(tmp_path), host="0.0.0.0", password="")
    result = support.run(config, "dashboard")
    assert result.returncode == 2
    assert "FOOTFALL_PASSWORD" in result.stderr


def health(service: str, config: Config) -> int:
    """Runs a container's health check, at this machine's port; returns its exit code."""
    port = getattr(config, f"{service}_port")
    default = next(s.default for s in configuration.settings() if s.name == f"{service}_port")
    _, program, *arguments = SERVICES[service]["healthcheck"]["test"]
    assert program == "python"
    arguments = [argument.replace(f":{default}/", f":{port}/") for argument in arguments]
    return subprocess.run([sys.executable, *arguments], capture_output=True, check=False).returncode
