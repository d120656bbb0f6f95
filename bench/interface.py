"""What does the HTTP interface add to the embedded engine?

The same work is done by chDB called in a process of its own (`embedded`) and by `footfall engine` over HTTP,
in turn, on two copies of one shop. The client of the engine is as light as can be (`raw`), but it runs on the
same cores; its share is told. Sizes follow `events`: 300,000 make blocks of 100,000 rows and results of 10
million.
"""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil
from tests import support

from bench.embedded import Embedded
from bench.raw import Raw, rate
from bench.report import Report
from bench.stack import shop_and_copy
from footfall import store
from footfall.config import Config

CLIENTS = 16
FULL = 300_000
BLOCK_FORMATS = ("Native", "ArrowStream", "JSONEachRow")
RESULT_FORMATS = ("TabSeparated", "RowBinary", "Native", "JSONEachRow")
IDLE_S = 3.0
_MIB = 1 << 20
_RESULT = (
    "SELECT number AS user_id, concat('user-', toString(number)) AS name, number % 977 AS orders,"
    " toDateTime(1700000000 + number) AS last_seen FROM numbers({rows})"
)
Row = list[str | float]


def measure(*, events: int, runs: int) -> Report:
    """Start, memory, latency, rate, inserts and results, each beside the embedded engine."""
    report = Report(
        "The HTTP interface beside chDB in a process",
        ["what", "in a process", "over HTTP", "HTTP is", "aim"],
        events,
        runs,
        "",
    )
    scale = events / FULL
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder:
        report.rows += _start(support.make_config(Path(folder)), "an empty store")
    with shop_and_copy(events) as (config, copy):
        report.rows += _start(config, "the shop")
        engine = support.start("engine", config)
        embedded = Embedded(copy)
        try:
            client = Raw(config)
            report.engine = f"chDB {version('chdb')}"
            report.rows.append(_latency(embedded, client, runs))
            report.rows += _rate(embedded, config, engine.pid, max(0.1, 2 * min(1.0, scale)), runs)
            with _without_merges(embedded, client):
                for format in BLOCK_FORMATS:
                    report.rows += _insert(
                        embedded, client, config, engine.pid, format, int(100_000 * scale), runs
                    )
            for format in RESULT_FORMATS:
                report.rows += _result(embedded, client, engine.pid, format, int(10_000_000 * scale), runs)
            client.close()
        finally:
            embedded.close()
            engine.stop()
    return report


def _start(config: Config, what: str) -> list[Row]:
    """Seconds to the first answer, median of three, and memory a while after the last of them."""
    seconds = []
    for idle_s in (0.0, 0.0, IDLE_S):
        began = time.perf_counter()
        engine = support.launch("engine", config)
        try:
            _first_answer(config)
            seconds.append(time.perf_counter() - began)
            time.sleep(idle_s)
            resident = psutil.Process(engine.pid).memory_info().rss / _MIB
        finally:
            engine.stop()
    return [
        [f"start to first answer, s: {what}", "", median(seconds), "", "below 1.5"],
        [f"resident when idle, MiB: {what}", "", resident, "", "below 476 (500 MB)"],
    ]


def _first_answer(config: Config) -> None:
    deadline = time.monotonic() + support.START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            client = Raw(config)
        except OSError:
            time.sleep(0.005)
            continue
        client.ask("SELECT 1")
        client.close()
        return
    raise RuntimeError("the engine does not start")


def _in_turn(one: Callable[[], float], other: Callable[[], float], runs: int) -> tuple[float, float]:
    """Both in turn after a warm-up; the medians of what they return."""
    pairs = [(one(), other()) for _ in range(runs + 1)][1:]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def _latency(embedded: Embedded, client: Raw, runs: int) -> Row:
    def over_http() -> float:
        times = []
        for _ in range(50):
            began = time.perf_counter()
            client.ask("SELECT 1")
            times.append(time.perf_counter() - began)
        return median(times)

    inside, http = _in_turn(lambda: embedded.ask("select_1", 50), over_http, runs)
    return ["SELECT 1, ms", inside * 1000, http * 1000, f"{(http - inside) * 1000:+.2f}", "at most +1.5"]


def _rate(embedded: Embedded, config: Config, pid: int, seconds: float, runs: int) -> list[Row]:
    clients = [Raw(config) for _ in range(CLIENTS)]
    inside_cpu, http_cpu, client_cpu = _meters(embedded, pid)

    def inside() -> float:
        with inside_cpu:
            per_second = embedded.ask("rate", CLIENTS, seconds)
        inside_cpu.share(per_second * seconds)
        return per_second

    def over_http() -> float:
        with http_cpu, client_cpu:
            per_second = rate(clients, "SELECT 1", seconds)
        http_cpu.share(per_second * seconds)
        client_cpu.share(per_second * seconds)
        return per_second

    per_second = _in_turn(inside, over_http, max(3, runs // 6))
    for client in clients:
        client.close()
    cpu_ms = inside_cpu.median_s * 1000, http_cpu.median_s * 1000
    own_ms = client_cpu.median_s * 1000
    return [
        [f"SELECT 1, {CLIENTS} clients, queries/s", *_ratio(per_second), "at least 0.60"],
        [f"CPU of such a query, ms (the client: {own_ms:.2f} ms)", *_ratio(cpu_ms), ""],
    ]


def _meters(embedded: Embedded, pid: int) -> tuple["_Cpu", "_Cpu", "_Cpu"]:
    """Of chDB in a process, of the engine, and of this process, its client."""
    return _Cpu(embedded.process), _Cpu(psutil.Process(pid)), _Cpu(psutil.Process())


@contextmanager
def _without_merges(embedded: Embedded, client: Raw) -> Iterator[None]:
    """Of what was inserted before, which would run during either one's turn."""
    embedded.ask("run", "SYSTEM STOP MERGES")
    client.ask("SYSTEM STOP MERGES")
    yield
    embedded.ask("run", "SYSTEM START MERGES")
    client.ask("SYSTEM START MERGES")


def _insert(
    embedded: Embedded, client: Raw, config: Config, pid: int, format: str, rows: int, runs: int
) -> list[Row]:
    inside_cpu, http_cpu, _ = _meters(embedded, pid)
    with tempfile.NamedTemporaryFile() as file, store.connect(config, "footfall") as reader:
        block = reader.raw_query(f"SELECT * FROM footfall.events LIMIT {rows}", fmt=format)
        file.write(block)
        file.flush()

        def inside() -> float:
            with inside_cpu:
                return rows / embedded.ask("insert", _insert_of_its_own(), format, file.name)

        def over_http() -> float:
            began = time.perf_counter()
            with http_cpu:
                client.ask(f"{_insert_of_its_own()} FORMAT {format}", block)
            return rows / (time.perf_counter() - began)

        per_second = _in_turn(inside, over_http, max(3, runs // 3))
    cpu_s = inside_cpu.median_s, http_cpu.median_s
    return [
        [f"INSERT of {rows:,} events as {format}, rows/s", *_ratio(per_second), "at least 0.90"],
        ["CPU of such an INSERT, s", *_ratio(cpu_s), ""],
    ]


def _insert_of_its_own() -> str:
    return f"INSERT INTO footfall.events SETTINGS insert_deduplication_token = '{secrets.token_hex(16)}'"


def _result(embedded: Embedded, client: Raw, pid: int, format: str, rows: int, runs: int) -> list[Row]:
    sql = _RESULT.format(rows=rows)
    inside_cpu, http_cpu, client_cpu = _meters(embedded, pid)

    def inside() -> float:
        with inside_cpu:
            return rows / embedded.ask("result", sql, format)

    def over_http() -> float:
        began = time.perf_counter()
        with http_cpu, client_cpu:
            client.ask(f"{sql} FORMAT {format}")
        return rows / (time.perf_counter() - began)

    per_second = _in_turn(inside, over_http, max(3, runs // 3))
    cpu_s = inside_cpu.median_s, http_cpu.median_s
    return [
        [f"result of {rows:,} rows as {format}, rows/s", *_ratio(per_second), "at least 0.80"],
        [f"CPU of such a result, s (the client: {client_cpu.median_s:.2f} s)", *_ratio(cpu_s), ""],
    ]


def _ratio(pair: tuple[float, float]) -> Row:
    # Of a small result the CPU is less than the kernel counts.
    return [*pair, f"{pair[1] / pair[0]:.2f}" if pair[0] else "-"]


class _Cpu:
    """How many seconds of CPU a process takes for each piece of work."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._taken_s: list[float] = []

    def __enter__(self) -> None:
        self._before_s = self._so_far_s()

    def __exit__(self, *_: object) -> None:
        self._taken_s.append(self._so_far_s() - self._before_s)

    def share(self, among: float) -> None:
        """Counts the last piece of work as so many."""
        self._taken_s[-1] /= among

    @property
    def median_s(self) -> float:
        """The median without the first piece of work, which is a warm-up."""
        return median(self._taken_s[1:])

    def _so_far_s(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)
