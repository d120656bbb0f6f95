"""`footfall up`: starts, refuses clearly, restarts, stops within five seconds, leaves nothing running."""

import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from footfall import store
from footfall.config import Config, settings
from tests import support
from tests.support import Process

SERVERS = ("engine", "ingest", "dashboard", "live")


def up(config: Config, *options: str) -> Process:
    """Starts the stack and waits until it says that it is up."""
    process = support.launch("up", config, *options)
    support.wait_until(lambda: "Ctrl-C stops" in process.output() or process.popen.poll() is not None, 120)
    assert process.popen.poll() is None, process.output()
    return process


def child(stack: Process, name: str) -> psutil.Process | None:
    """The running process of that name in a stack."""
    for process in psutil.Process(stack.pid).children():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and name in process.cmdline():
                return process
        except psutil.NoSuchProcess:
            continue
    return None


@pytest.fixture
def stack(own_config: Config) -> Iterator[Process]:
    process = up(own_config)
    yield process
    if process.popen.poll() is None:
        process.stop()


def test_up_serves_all_four_and_ctrl_c_stops_them_within_five_seconds(stack: Process) -> None:
    lines = stack.output().splitlines()
    for server in SERVERS:
        url = stack.config.url(server)  # type: ignore[arg-type]
        assert [line for line in lines if line.startswith(server) and line.endswith(url)], stack.output()
    children = psutil.Process(stack.pid).children(recursive=True)
    assert len(children) >= len(SERVERS)
    stack.popen.send_signal(signal.SIGINT)
    assert stack.popen.wait(5) == 0, stack.output()
    assert [process for process in children if process.is_running()] == []


def test_a_second_up_on_the_data_folder_is_refused_with_the_firsts_pid_and_url(stack: Process) -> None:
    second = support.run(stack.config, "up")
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert f"pid {stack.pid}" in second.stderr
    assert stack.config.url("dashboard") in second.stderr
    assert support.answers(stack.config.url("dashboard") + "/healthz")


def test_an_engine_that_is_killed_is_started_again_and_keeps_its_rows(stack: Process) -> None:
    with store.connect(stack.config, "footfall") as client:
        client.command("INSERT INTO identities (anonymous_id, user_id, linked_at) VALUES (1, 2, now64(3))")
    engine = child(stack, "engine")
    assert engine is not None
    engine.kill()
    support.wait_until(lambda: child(stack, "engine") not in (None, engine))
    support.wait_until(lambda: support.answers(stack.config.url("engine") + "/ping"))
    with store.connect(stack.config, "reader") as client:
        assert client.command("SELECT count() FROM identities") == 1
    assert "ended with signal SIGKILL; starting it again" in stack.output()


def test_up_that_is_killed_leaves_nothing_running_and_starts_again(stack: Process) -> None:
    children = psutil.Process(stack.pid).children(recursive=True)
    stack.kill()
    again = up(stack.config)
    try:
        psutil.wait_procs(children, timeout=10)
        assert [process for process in children if process.is_running()] == []
        assert support.answers(stack.config.url("live") + "/healthz")
    finally:
        again.stop()


def test_a_port_in_use_is_one_line_and_exit_code_2(own_config: Config) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", own_config.live_port))
        other.listen()
        result = support.run(own_config, "up")
    assert result.returncode == 2
    assert result.stderr == (
        f"footfall: live: cannot listen on 127.0.0.1:{own_config.live_port}: Address already in use; "
        "free the port or set FOOTFALL_LIVE_PORT\n"
    )
    assert not (own_config.data_dir / "clickhouse").exists()


def test_a_full_disk_is_one_line_and_exit_code_2(own_config: Config, tmp_path: Path) -> None:
    assert shutil.which("unshare"), "the test mounts a small disk of its own"
    script = 'mount -t tmpfs -o size=4m disk "$1" && exec "$2" -m footfall up'
    result = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "-", str(tmp_path), sys.executable],
        env=support.environ_of(own_config),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2, result.stderr
    assert result.stderr.count("\n") == 1
    assert "is full: " in result.stderr


def test_with_a_clickhouse_server_no_engine_is_started(
    own_config: Config, start: Callable[..., Process], tmp_path: Path
) -> None:
    start("engine", own_config)
    secrets = {s.name: getattr(own_config, s.name) for s in settings() if s.metadata["secret"]}
    (tmp_path / "other").mkdir()
    config = support.make_config(tmp_path / "other", clickhouse_url=own_config.url("engine"), **secrets)
    stack = up(config)
    try:
        assert child(stack, "engine") is None
        assert not any(line.startswith("engine") for line in stack.output().splitlines())
        assert not (config.data_dir / "clickhouse").exists()
        with urllib.request.urlopen(config.url("dashboard") + "/api/stats", timeout=20) as answer:
            assert answer.status == 200
    finally:
        assert stack.stop() == 0
