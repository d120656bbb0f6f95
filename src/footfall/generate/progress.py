"""Progress of long work: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

_PLAIN_EVERY_S = 5.0


class Meter:
    """Counts rows towards a total that may turn out a little off."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = max(total, 1)
        self._done = 0
        self._start = self._told = time.monotonic()
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.completed:,.0f} rows, {task.fields[rate]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task(what, total=self._total, rate="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            if kind is None:
                self._bar.update(self._task, completed=self._done, total=self._done)
            self._bar.stop()

    @property
    def done(self) -> int:
        """Rows so far."""
        return self._done

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._start

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self._done / max(self.seconds, 1e-3)

    def advance(self, rows: int) -> None:
        """Counts rows that are done."""
        self._done += rows
        rate = f"{self.rate:,.0f}/s"
        if self._bar:
            self._bar.update(self._task, completed=self._done, rate=rate)
        elif time.monotonic() - self._told >= _PLAIN_EVERY_S:
            self._told = time.monotonic()
            left = self.seconds * max(self._total - self._done, 0) / max(self._done, 1)
            share = min(100 * self._done / self._total, 100)
            print(f"{self._what}: {self._done:,} rows ({share:.0f} %), {rate}, {left:.0f} s left", flush=True)
