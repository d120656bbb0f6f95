"""What many clients at once have seen: answers and how long they took, refusals, errors, rows."""

import statistics
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What the clients have seen; each of its methods is for any thread."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    rows_in: int = 0
    bytes_out: int = 0
    left: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, kind: str, seconds: float, *, rows: int = 0, size: int = 0) -> None:
        with self._lock:
            self.seconds[kind].append(seconds)
            self.rows_in += rows
            self.bytes_out += size

    def refuse(self, kind: str) -> None:
        with self._lock:
            self.refused[kind] += 1

    def leave(self) -> None:
        with self._lock:
            self.left += 1

    def fail(self, text: str) -> None:
        with self._lock:
            self.errors.append(text)

    def report(self, seconds: float) -> str:
        """Rates and latencies by kind."""
        lines = [f"{'':>26}{'answers':>9}{'per s':>8}{'p50 s':>8}{'p99 s':>8}{'max s':>8}{'503':>6}"]
        for kind, taken in sorted(self.seconds.items()):
            ordered = sorted(taken)
            p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
            lines.append(
                f"{kind:>26}{len(ordered):>9}{len(ordered) / seconds:>8.1f}{p50:>8.2f}{p99:>8.2f}"
                f"{ordered[-1]:>8.2f}{self.refused[kind]:>6}"
            )
        lines.append(
            f"{self.rows_in} rows in ({self.rows_in / seconds:.0f}/s), {self.bytes_out >> 20} MiB out,"
            f" {self.left} streams left half-way"
        )
        return "\n".join(lines)
