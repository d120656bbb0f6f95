"""What an engine process holds: memory, files, threads; and whether all its slots are free.

The gauges are read from /proc, so they are true whatever state the engine is in.
"""

import contextlib
import os
import socket
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from footfall.config import Config, StoreUser
from footfall.engine.users import users
from tests.engine.speak import speaker
from tests.robust.wire import basic, head, receive_some

MIB = 1 << 20
ENDLESS = "SELECT repeat('x', 1000) FROM numbers(60000) FORMAT TSV SETTINGS max_block_size = 1000"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the process held at one moment."""

    at_s: float
    resident: int
    files: int
    threads: int


def read(pid: int, at_s: float = 0.0) -> Reading:
    """The process's gauges now: resident bytes, open files, threads."""
    process = Path(f"/proc/{pid}")
    resident = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return Reading(at_s, resident, *(len(list((process / kind).iterdir())) for kind in ("fd", "task")))


class Gauges:
    """Reads a process's gauges at intervals until it is stopped."""

    def __init__(self, pid: int, every_s: float) -> None:
        self._pid = pid
        self._every_s = every_s
        self._stop = threading.Event()
        self._began = time.monotonic()
        self.readings: list[Reading] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            with contextlib.suppress(OSError):  # the process has ended: its owner says so
                self.readings.append(read(self._pid, time.monotonic() - self._began))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def after(self, share: float) -> list[Reading]:
        """The readings after that share of the time, when caches and pools have filled."""
        return self.readings[int(len(self.readings) * share) :]

    def slope(self, share: float = 0.3) -> float:
        """Growth of the resident memory in MiB a minute, after that share of the time (least squares)."""
        readings = self.after(share)
        if len(readings) < 3:
            return 0.0
        minutes = [reading.at_s / 60 for reading in readings]
        line = statistics.linear_regression(minutes, [reading.resident / MIB for reading in readings])
        return line.slope

    def report(self, lines: int = 12) -> str:
        """A table over time."""
        step = max(1, len(self.readings) // lines)
        rows = [f"{'minute':>8}{'resident MiB':>14}{'files':>8}{'threads':>9}"]
        rows += [
            f"{r.at_s / 60:>8.1f}{r.resident / MIB:>14.0f}{r.files:>8}{r.threads:>9}"
            for r in self.readings[::step]
        ]
        return "\n".join(rows)


def all_slots_are_free(config: Config, limit_s: float = 60) -> None:
    """Opens as many unread streams as each user has slots: each begins, so nobody else holds a slot."""
    for user, slots in ((user.name, user.slots) for user in users(config).values()):
        streams = [stream(config, user) for _ in range(slots)]  # type: ignore[arg-type]
        try:
            for number, one in enumerate(streams):
                one.settimeout(limit_s)
                begun = receive_some(one)
                assert begun.startswith(b"HTTP/1.1 200"), f"{user}, slot {number}: {begun[:300]!r}"
        finally:
            for one in streams:
                one.close()


def stream(config: Config, user: StoreUser) -> socket.socket:
    """A connection on which a result of 60 MB has been asked for that nobody reads."""
    body = ENDLESS.encode()
    headers = [("Authorization", basic(user, config.store_password(user)))]
    one = socket.create_connection(("127.0.0.1", config.engine_port), timeout=30)
    one.sendall(head("POST", "/", headers, len(body)) + body)
    return one


def nothing_runs(config: Config, limit_s: float = 30) -> None:
    """Waits until the engine runs nothing but this question, and keeps no result on disk."""
    deadline = time.monotonic() + limit_s
    with speaker(config) as client:
        while True:
            running = client.post("/", content="SELECT query FROM system.processes").text.strip().splitlines()
            left = [file.name for file in (config.data_dir / "tmp").iterdir()]
            if len(running) == 1 and not left:
                return
            assert time.monotonic() < deadline, f"still there: {running[:5]} {left[:5]}"
            time.sleep(0.2)
