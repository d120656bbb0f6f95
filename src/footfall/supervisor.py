"""`footfall up`: starts the processes of one stack in the order of the data's flow and keeps them running.

Each process runs in a session of its own, so that Ctrl-C reaches the supervisor alone, which then stops
them against the flow: who sends first, the engine last. One that dies is started again after a pause that
doubles from `PAUSE_S` up to `PAUSE_LIMIT_S` and starts over once it has run for `STEADY_S`. The supervisor
holds a lock on the data folder; it never touches the data itself.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from footfall.config import Config, variable_of
from footfall.errors import UsageError
from footfall.serve import LISTENS, listen

PAUSE_S = 0.05
PAUSE_LIMIT_S = 30.0
STEADY_S = 60.0
START_LIMIT_S = 60.0
STOP_LIMIT_S = 4.0
FREE_BYTES = 512 << 20

Server = Literal["engine", "ingest", "dashboard", "live"]
HEALTH: dict[Server, str] = {
    "engine": "/ping",
    "ingest": "/healthz",
    "dashboard": "/healthz",
    "live": "/healthz",
}


def up(config: Config, *, demo: bool) -> int:
    """Runs the stack until SIGINT or SIGTERM; returns the exit code.

    With `demo`, a shop's history is generated where there is none, and its events are streamed.
    Raises `UsageError` where a port or the data folder is in use, or the disk is full.
    """
    servers: list[Server] = ["ingest", "dashboard", "live"]
    if config.embedded:
        servers.insert(0, "engine")
    with _locked(config) as inherited:
        _check_disk(config.data_dir)
        _check_ports(config, servers, patience_s=STOP_LIMIT_S if inherited else 0.0)
        return asyncio.run(_Stack(config).run(servers, demo=demo))


@contextlib.contextmanager
def _locked(config: Config) -> Iterator[bool]:
    """Holds the data folder; yields whether its last supervisor was killed."""
    path = config.data_dir / "up.lock"
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = json.loads(file.read() or "{}")
            raise UsageError(
                f"data folder {config.data_dir} is in use by `footfall up`, "
                f"pid {owner.get('pid', 'unknown')}, {owner.get('url', '')}"
            ) from None
        inherited = path.stat().st_size > 0
        file.truncate(0)
        try:
            file.write(json.dumps({"pid": os.getpid(), "url": config.url("dashboard")}))
            file.flush()
        except OSError as error:
            raise UsageError(f"cannot write to data folder {config.data_dir}: {error.strerror}") from None
        yield inherited
        file.truncate(0)


def _check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        raise UsageError(
            f"the disk of {folder} is full: {free >> 20} MiB are free, Footfall needs {FREE_BYTES >> 20} MiB"
        )


def _check_ports(config: Config, servers: list[Server], patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    for server in servers:
        port: int = getattr(config, f"{server}_port")
        while True:
            try:
                listen(config.host, port).close()
                break
            except UsageError as error:
                if time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                raise UsageError(
                    f"{server}: {error.message}; free the port or set {variable_of(f'{server}_port')}"
                ) from None


@dataclass
class _Child:
    name: str
    process: asyncio.subprocess.Process
    output: asyncio.Task[None]
    started_at: float


class _Stack:
    """The processes of one `footfall up`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.children: dict[str, _Child] = {}
        self.keepers: list[asyncio.Task[None]] = []
        self.stopping = asyncio.Event()

    async def run(self, servers: list[Server], *, demo: bool) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stopping.set)
        start = asyncio.create_task(self._start(servers, demo=demo))
        stop = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                start.result()
                await stop
            return 0
        finally:
            self.stopping.set()
            for task in (start, stop, *self.keepers):
                task.cancel()
            await asyncio.gather(start, stop, *self.keepers, return_exceptions=True)
            await self._stop()

    async def _start(self, servers: list[Server], *, demo: bool) -> None:
        for server in servers:
            if server == "ingest":
                await self._once("migrate")
                if demo:
                    await self._once("generate", "--demo")
            await self._spawn(server)
            await self._answers(server)
            self._keep(server)
        if demo:
            await self._spawn("stream")
            self._keep("stream")
        _say("up", f"open {self.config.url('dashboard')} and {self.config.url('live')}; Ctrl-C stops")

    async def _spawn(self, name: str, *options: str) -> _Child:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "footfall.supervised", str(os.getpid()), name, *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        output = asyncio.create_task(_forward(name, process.stdout))
        child = _Child(name, process, output, time.monotonic())
        self.children[name] = child
        return child

    async def _once(self, *command: str) -> None:
        """Runs a command to its end; raises `UsageError` where it fails."""
        child = await self._spawn(*command)
        code = await child.process.wait()
        await child.output
        del self.children[command[0]]
        if code:
            raise UsageError(
                f"`footfall {' '.join(command)}` failed with exit code {code}; see its lines above"
            )

    async def _answers(self, server: Server) -> None:
        """Waits until a server answers; raises `UsageError` where it ends instead or takes too long."""
        child = self.children[server]
        deadline = time.monotonic() + START_LIMIT_S
        url = self.config.url(server)
        while not await _ok(url, HEALTH[server]):
            if child.process.returncode is not None:
                await child.output
                raise UsageError(f"{server} did not start; see its lines above")
            if time.monotonic() > deadline:
                raise UsageError(f"{server} does not answer at {url} after {START_LIMIT_S:.0f} s")
            await asyncio.sleep(0.05)
        _say(server, url)

    def _keep(self, name: str) -> None:
        self.keepers.append(asyncio.create_task(self._keep_running(name)))

    async def _keep_running(self, name: str) -> None:
        pause = PAUSE_S
        while True:
            child = self.children[name]
            code = await child.process.wait()
            await child.output
            if time.monotonic() - child.started_at > STEADY_S:
                pause = PAUSE_S
            _say(name, f"ended with {_ending(code)}; starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_LIMIT_S)
            await self._spawn(name)

    async def _stop(self) -> None:
        """Stops what runs, against the flow of the data, within `STOP_LIMIT_S` in all."""
        deadline = time.monotonic() + STOP_LIMIT_S
        engine = self.children.get("engine")
        senders = [child for child in self.children.values() if child is not engine]
        await _end(senders, deadline - 1.5)
        await _end([engine] if engine else [], deadline)


async def _end(children: list[_Child], deadline: float) -> None:
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.process.terminate()
    waits = [asyncio.create_task(child.process.wait()) for child in children]
    if waits:
        await asyncio.wait(waits, timeout=max(0.0, deadline - time.monotonic()))
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            if child.process.returncode is None:
                child.process.kill()
    await asyncio.gather(*waits, *(child.output for child in children))


async def _forward(name: str, stream: asyncio.StreamReader | None) -> None:
    """Prints a process's lines with its name in front."""
    assert stream is not None
    while line := await _line(stream):
        text = line.decode(errors="replace").rstrip()
        if text and not text.startswith(f"{name} {LISTENS}"):
            _say(name, text)


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readuntil()
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await stream.readexactly(error.consumed)


async def _ok(url: str, path: str) -> bool:
    address = urlsplit(url)
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {address.netloc}\r\n\r\n".encode())
                status = await reader.readline()
            finally:
                writer.close()
    except OSError:
        return False
    return status.split(b" ")[1:2] == [b"200"]


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _say(name: str, text: str) -> None:
    print(f"{name:<9} | {text}", flush=True)
