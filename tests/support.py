"""What tests share: real processes of a real stack, on free ports and folders of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from footfall import config as configuration
from footfall.config import Config
from footfall.supervisor import HEALTH

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
START_LIMIT_S = 60


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def make_config(data_dir: Path, **settings: object) -> Config:
    """A configuration with free ports and a data folder of its own; `settings` by their names in `Config`."""
    given = {f"{name}_port": free_port() for name in ("engine", "ingest", "dashboard", "live")}
    return configuration.load(environ({"data_dir": data_dir} | given | settings), folder=data_dir)


def environ(settings: dict[str, object]) -> dict[str, str]:
    """Settings as environment variables."""
    return {configuration.variable_of(name): str(value) for name, value in settings.items()}


def environ_of(config: Config) -> dict[str, str]:
    """The environment in which a process reads exactly this configuration."""
    own = environ({s.name: getattr(config, s.name) for s in configuration.settings()})
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    return inherited | own


@dataclass
class Process:
    """A running `footfall` command."""

    name: str
    config: Config
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    def kill(self) -> None:
        """`kill -9`: nothing is flushed, nothing is told."""
        self.popen.kill()
        self.popen.wait(10)

    def stop(self, limit_s: float = 10) -> int:
        """SIGTERM, and the exit code; killed where it takes longer than `limit_s`."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(limit_s)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self.popen.returncode

    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")


def launch(command: str, config: Config, *options: str) -> Process:
    """Starts a command without waiting for anything."""
    log = config.data_dir / f"{command}.{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, "-m", "footfall", command, *options],
            env=environ_of(config),
            cwd=config.data_dir,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Process(command, config, popen, log)


def start(server: str, config: Config, *options: str) -> Process:
    """Starts a server and waits until it answers."""
    process = launch(server, config, *options)
    url = config.url(server) + HEALTH[server]  # type: ignore[arg-type, index]
    deadline = time.monotonic() + START_LIMIT_S
    while not answers(url):
        if process.popen.poll() is not None:
            raise AssertionError(f"{server} ended at its start:\n{process.output()}")
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"{server} does not answer at {url}:\n{process.output()}")
        time.sleep(0.05)
    return process


def wait_until(holds: Callable[[], bool], limit_s: float = 30) -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def run(
    config: Config, *command: str, limit_s: float = 120, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "footfall", *command],
        env=environ_of(config),
        cwd=config.data_dir,
        input=text,
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
