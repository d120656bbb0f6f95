"""What a statement has done: the numbers of `X-ClickHouse-Summary` and `X-ClickHouse-Progress`."""

from collections.abc import Callable
from dataclasses import dataclass

from footfall.engine.handle import Handle, Stats
from footfall.engine.running import Running

_SO_FAR = """
SELECT read_rows, read_bytes, written_rows, written_bytes, total_rows_approx, memory_usage
FROM system.processes
WHERE position(query, {found}) > 0
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Rows, bytes and nanoseconds, in ClickHouse's order."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    total_rows_to_read: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    elapsed_ns: int = 0
    memory_usage: int = 0

    def summary(self) -> str:
        """All numbers, as JSON with string values."""
        return "{" + ",".join([f'"{name}":"{getattr(self, name)}"' for name in self.__slots__]) + "}"

    def line(self) -> str:
        """The numbers that are not zero, as a progress line has them."""
        numbers = {name: getattr(self, name) for name in self.__slots__}
        return "{" + ",".join(f'"{name}":"{number}"' for name, number in numbers.items() if number) + "}"


def ended(stats: Stats, elapsed_ns: int) -> Progress:
    """What a statement has done that has ended; it has read what there was to read."""
    return Progress(
        stats.read_rows,
        stats.read_bytes,
        stats.written_rows,
        stats.written_bytes,
        stats.read_rows,
        stats.result_rows or stats.written_rows,
        stats.result_bytes or stats.written_bytes,
        elapsed_ns,
    )


def so_far(open_handle: Callable[[], Handle], running: Running, elapsed_ns: int) -> Progress | None:
    """How far a statement has come; None where it has not begun or has ended."""
    handle = open_handle()
    try:
        answer, _ = handle.run(_SO_FAR.format(found=running.found))
    finally:
        handle.close()
    if not answer:
        return None
    read, read_bytes, written, written_bytes, total, memory = map(int, answer.split())
    return Progress(
        read, read_bytes, written, written_bytes, total, elapsed_ns=elapsed_ns, memory_usage=memory
    )
