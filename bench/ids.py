"""What does it cost to look an id up among those that were accepted, and to remember it?

Batches of 1,000 new ids against an index that holds so many already: runs as the keeper leaves them, with
random ids. Time of `seen` and `add` in the inbox's thread (median of the batches): of the processor, by the
clock, and by the clock after the page cache let go of the runs. Of ids that are there, of the look-up alone.
Then what the keeper does for each id, in the processor's time: into a run, and into a run of ten.
"""

import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import numpy as np

from bench.report import Report
from footfall.ingest import ids
from footfall.ingest import runs as files
from footfall.ingest.ids import Bounds, RunRow
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import EVENTS
from footfall.ingest.runs import ID_BYTES, U64, Run, Writer

BATCH = 1_000
_SIZES = (26_214_400, 2_621_440, 262_144)  # runs of level 2, 1 and 0
_STILL = Bounds(reach_ms=1 << 60, recent=1 << 40, waiting=1 << 40)  # nothing moves
_GENERATOR = np.random.default_rng(1)


def measure(*, events: int, runs: int) -> Report:
    """`runs` batches against so many ids held, a quarter of them, and half a hundredth."""
    report = Report(
        f"Look-up and remembering of ids in batches of {BATCH:,}",
        ["ids held", "runs", "GB", "CPU µs", "µs", "µs, cold", "CPU µs, duplicates"],
        events,
        runs,
        "",
    )
    for count in (events // 200, events // 4, events):
        with tempfile.TemporaryDirectory(prefix="footfall-ids-") as place:
            report.rows.append(_at(Path(place), count, runs))
    with tempfile.TemporaryDirectory(prefix="footfall-ids-") as place:
        report.rows.append(["the keeper, a run; a merge", "", "", *_keeping(Path(place)), "", ""])
    return report


def _at(folder: Path, held: int, batches: int) -> list[str | float]:
    Inbox(folder, 1 << 30).close()
    index_folder = folder / "ids"
    with closing(sqlite3.connect(folder / "inbox.sqlite")) as connection:
        (salt,) = connection.execute("SELECT salt FROM id_index").fetchone()
        made, some = _filled(index_folder, held, salt, batches * BATCH)
        ids.register(connection, made)
        connection.commit()
    again = _again(Run(index_folder / made[0].file, salt), some)
    with closing(Inbox(folder, 1 << 30, _STILL)) as inbox:
        warm = _timed(inbox, batches)
    for path in index_folder.iterdir():
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with closing(Inbox(folder, 1 << 30, _STILL)) as inbox:
        cold = _timed(inbox, batches)
    size = sum((index_folder / row.file).stat().st_size for row in made)
    return [f"{held:,}", len(made), size / 1e9, *warm, cold[1], again]


def _filled(folder: Path, held: int, salt: int, most: int) -> tuple[list[RunRow], U64]:
    """Runs with so many random ids, as few as the keeper would leave; and some ids of the first."""
    made: list[RunRow] = []
    some = np.zeros(0, np.uint64)
    sizes = (*_SIZES[:2], min(_SIZES[2], held))
    for level, size in zip((2, 1, 0), sizes, strict=True):
        for _ in range(held // size):
            row = RunRow(ids.new_file(), EVENTS.name, level, size, -1, 1 << 50, 1 << 50)
            h = np.sort(_GENERATOR.integers(0, 1 << 63, size, np.uint64) << np.uint64(1))
            with Writer(folder / row.file, size, salt) as writer:
                for start in range(0, size, 1 << 18):
                    piece = h[start : start + (1 << 18)]
                    writer.append(piece, piece)
            made.append(row)
            some = h[:most].copy() if len(made) == 1 else some
        held %= size
    return made, some


def _timed(inbox: Inbox, batches: int) -> tuple[float, float]:
    """Microseconds an id of `seen` and `add`, of the processor and by the clock; a transaction a batch."""
    taken = []
    for _ in range(batches):
        keys = ids.split(os.urandom(BATCH * ID_BYTES))

        def step(connection: object, keys: list[bytes] = keys) -> tuple[float, float]:
            cpu, began = time.thread_time(), time.perf_counter()
            found = inbox.ids.seen(connection, EVENTS.name, keys)  # type: ignore[arg-type]
            inbox.ids.add(connection, EVENTS.name, [key for key in keys if key not in found], 1)  # type: ignore[arg-type]
            return time.thread_time() - cpu, time.perf_counter() - began

        taken.append(inbox.run(step))
    cpu, clock = zip(*taken, strict=True)
    return median(cpu) / BATCH * 1e6, median(clock) / BATCH * 1e6


def _again(run: Run, held: U64) -> float:
    """Microseconds an id of `find`, of ids that a run holds: batches that are sent again."""
    taken = []
    for start in range(0, len(held) - BATCH + 1, BATCH):
        h = held[start : start + BATCH]
        wanted = files.Probe(h, h, files.filter_bits(h), np.arange(BATCH))
        began = time.thread_time()
        assert len(run.find(wanted)) == BATCH
        taken.append(time.thread_time() - began)
    return median(taken) / BATCH * 1e6


def _keeping(folder: Path) -> list[float]:
    """Microseconds of the processor's time an id: to write a run, and to merge ten."""
    size = _SIZES[-1]
    ids_ = [os.urandom(size * ID_BYTES) for _ in range(10)]
    paths = [folder / f"{number}.run" for number in range(10)]
    began = time.process_time()
    for path, found in zip(paths, ids_, strict=True):
        files.write(path, found, 1)
    written = time.process_time()
    files.merge(folder / "all.run", paths, 1, lambda: None)
    merged = time.process_time()
    return [(written - began) / size / 10 * 1e6, (merged - written) / size / 10 * 1e6]
