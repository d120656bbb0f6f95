"""Where does the time of ingest, the engine and the live page go, under load?

Ingest takes floods of NDJSON over four connections, the live page has 2,000 subscribers; the brief's stream
runs beside the latter. Python is sampled by py-spy, 200 times a second: a line is a function's own share of
the time in which a thread holds the interpreter, of which there is one; what it calls outside Python belongs
to it. The engine's work is done by chDB's threads, which have names: theirs is CPU time as the kernel counts
it, by what a thread was called when it was spent.
"""

import contextlib
import itertools
import re
import secrets
import subprocess
import sysconfig
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

from tests import support

from bench.bodies import templates
from bench.ingest import BATCH, CLIENTS, TEMPLATES, running_stack
from bench.live import SUBSCRIBERS, WARM_UP_S, WORKERS, allow_files, listen
from bench.load import Connection, flood
from bench.report import Report
from bench.stack import RATE, streamed_page

SAMPLES_A_S = 200
SHOWN = 14
_SPY = Path(sysconfig.get_path("scripts")) / "py-spy"
_FRAME = re.compile(r"(?P<function>.*) \((?P<file>[^():]*)(?::\d+)?\)")
_LOOK_S = 0.05


def measure(*, seconds: float) -> list[Report]:
    """Shares of each process's time, for so many seconds of load."""
    with running_stack() as stack:
        connections = [Connection(stack.config) for _ in range(CLIENTS)]
        numbers = itertools.count(secrets.randbits(20) << 11)
        bodies = templates(TEMPLATES, BATCH, ndjson=True)
        flood(connections, bodies, WARM_UP_S, numbers)
        with threads_of(stack.engine) as spent:
            ingest = sampled(stack.ingest, seconds, lambda: flood(connections, bodies, seconds + 1, numbers))
        for connection in connections:
            connection.close()
    allow_files(SUBSCRIBERS)
    with streamed_page(RATE) as (config, page), ProcessPoolExecutor(WORKERS) as pool:
        port, each = [config.live_port] * WORKERS, [SUBSCRIBERS // WORKERS] * WORKERS
        live = sampled(
            page,
            seconds,
            lambda: list(pool.map(listen, port, each, [seconds + 1] * WORKERS)),
            after=WARM_UP_S,
        )
    return [
        _report("ingest, floods of NDJSON", ingest, seconds),
        _report("the engine's threads meanwhile, CPU", spent, seconds),
        _report(f"live, {SUBSCRIBERS:,} subscribers, {RATE} events/s", live, seconds),
    ]


def sampled(
    process: support.Process, seconds: float, load: Callable[[], object], *, after: float = 0.0
) -> Counter[str]:
    """Samples by function, while `load` runs; it is looked at for `seconds`, `after` so many."""
    with tempfile.TemporaryDirectory(prefix="footfall-profile-") as folder:
        stacks = Path(folder) / "stacks"
        spying = threading.Timer(after, _spy, (process.pid, seconds, stacks))
        spying.start()
        load()
        spying.join()
        found: Counter[str] = Counter()
        for line in stacks.read_text().splitlines():
            frames, _, count = line.rpartition(" ")
            found[_named(frames.rpartition(";")[2])] += int(count)
    return found


def _spy(pid: int, seconds: float, file: Path) -> None:
    options = ("--duration", f"{seconds:.0f}", "--rate", str(SAMPLES_A_S), "--format", "raw", "--gil")
    asked = (str(_SPY), "record", "--pid", str(pid), *options, "--nonblocking", "--output", str(file))
    subprocess.run(asked, check=True, capture_output=True)


def _named(frame: str) -> str:
    found = _FRAME.fullmatch(frame)
    return f"{found['file']}: {found['function']}" if found else frame


@contextlib.contextmanager
def threads_of(process: support.Process) -> Iterator[Counter[str]]:
    """CPU milliseconds of a process's threads by their names; whole after the block."""
    spent: Counter[str] = Counter()
    ended = threading.Event()

    def look() -> None:
        seen: dict[str, float] = {}
        while not ended.wait(_LOOK_S):
            for task in Path(f"/proc/{process.pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    name = (task / "comm").read_text().strip()
                    ran_ns = int((task / "schedstat").read_text().split()[0])
                    spent[name] += round((ran_ns - seen.get(task.name, ran_ns)) / 1e6)
                    seen[task.name] = ran_ns

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield spent
    finally:
        ended.set()
        watcher.join()


def _report(what: str, spent: Counter[str], seconds: float) -> Report:
    report = Report(f"Profile of {what}", ["where", "share, %"], 0, round(seconds), f"chDB {version('chdb')}")
    whole = sum(spent.values())
    most = [(name, count) for name, count in spent.most_common(SHOWN) if count]
    report.rows = [[name, 100 * count / whole] for name, count in most]
    report.rows.append(["all else", 100 * (whole - sum(count for _, count in most)) / whole])
    return report
