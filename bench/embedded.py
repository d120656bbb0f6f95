"""chDB called in a process of its own, without any interface: what the engine is compared with.

The process takes one line of JSON at a time and answers with one: the seconds that the work took.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from tests.support import ROOT


class Embedded:
    """The parent's side of such a process, on a database of its own."""

    def __init__(self, database: Path) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "bench.embedded", str(database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.process = psutil.Process(self._popen.pid)
        self.ask("select_1", 1)

    def ask(self, work: str, *values: Any) -> float:
        """Has one piece of work done; raises `RuntimeError` where the process has ended."""
        assert self._popen.stdin is not None and self._popen.stdout is not None
        self._popen.stdin.write(json.dumps([work, *values]) + "\n")
        self._popen.stdin.flush()
        if not (answer := self._popen.stdout.readline()):
            raise RuntimeError("the process with chDB has ended")
        return float(json.loads(answer))

    def close(self) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        self._popen.wait(30)


class _Work:
    """The child's side: each method is a piece of work and returns seconds, or queries a second."""

    def __init__(self, database: str) -> None:
        from chdb.state.sqlitelike import Connection

        self._open: Callable[[], Any] = lambda: Connection(database)
        self._handle = self._open()
        self._handles: list[Any] = []

    def select_1(self, times: int) -> float:
        """Seconds of one of so many in a row, the median."""
        taken = []
        for _ in range(times):
            began = time.perf_counter()
            self._handle.query("SELECT 1", "TabSeparated").bytes()
            taken.append(time.perf_counter() - began)
        return sorted(taken)[times // 2]

    def rate(self, threads: int, seconds: float) -> float:
        """Queries a second of so many threads, each with a handle."""
        while len(self._handles) < threads:
            self._handles.append(self._open())
        counts = [0] * threads
        began = time.perf_counter()

        def ask(number: int) -> None:
            while time.perf_counter() - began < seconds:
                self._handles[number].query("SELECT 1", "TabSeparated").bytes()
                counts[number] += 1

        running = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return sum(counts) / (time.perf_counter() - began)

    def run(self, statement: str) -> float:
        began = time.perf_counter()
        self._handle.query(statement)
        return time.perf_counter() - began

    def insert(self, statement: str, format: str, file: str) -> float:
        block = Path(file).read_bytes()
        began = time.perf_counter()
        inserter: Any = self._handle.send_insert(statement, format)
        inserter.append(block)
        inserter.finish()
        return time.perf_counter() - began

    def result(self, statement: str, format: str) -> float:
        """Streams a result and takes its bytes."""
        began = time.perf_counter()
        for chunk in self._handle.send_query(statement, format):
            chunk.bytes()
        return time.perf_counter() - began


def _serve(database: str) -> None:
    work = _Work(database)
    for line in sys.stdin:
        name, *values = json.loads(line)
        print(json.dumps(getattr(work, name)(*values)), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
