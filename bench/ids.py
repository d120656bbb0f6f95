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
from footfall.ingest.runs import ID_BYTES, Writer

BATCH = 1_000
_SIZES = (26_214_400, 2_621_440, 262_144)  # runs of level 2, 1 and 0
_STILL = Bounds(reach_ms=1 << 60, recent=1 << 40, waiting=1 << 40)  # nothing moves
_GENERATOR = np.random.default_rng(1)


def measure(*, events: int, runs: int) -> Report:
    """`runs` batches against a million, `events`, and 200 million ids held: 3.7 GB of files meanwhile."""
    report = Report(
        f"Look-up and remembering of ids in batches of {BATCH:,}",
        ["ids held", "runs", "GB", "CPU µs", "µs", "µs, cold", "CPU µs, duplicates"],
        events,
        runs,
        "",
    )
    for count in (1_000_000, events, 200_000_000):
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
        ids.register(connection, _filled(index_folder, held, salt))
        connection.commit()
    with closing(Inbox(folder, 1 << 30, _STILL)) as inbox:
        warm = _timed(inbox, batches)
        again = _again(inbox, batches)
    for path in index_folder.iterdir():
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with closing(Inbox(folder, 1 << 30, _STILL)) as inbox:
        cold = _timed(inbox, batches)
    made = list(index_folder.glob("*.run"))
    size = sum(path.stat().st_size for path in made)
    return [f"{held:,}", len(made), size / 1e9, *warm, cold[1], again]


def _filled(folder: Path, held: int, salt: int) -> list[RunRow]:
    """Runs with so many random ids, as few as the keeper would leave."""
    made = []
    for level, size in zip((2, 1, 0), _SIZES, strict=True):
        for _ in range(held // size):
            row = RunRow(ids.new_file(), EVENTS.name, level, size, -1, 1 << 50, 1 << 50)
            h = np.sort(_GENERATOR.integers(0, 1 << 63, size, np.uint64) << np.uint64(1))
            with Writer(folder / row.file, size, salt) as writer:
                for start in range(0, size, 1 << 18):
                    piece = h[start : start + (1 << 18)]
                    writer.append(piece, piece)
            made.append(row)
        held %= size
    return made


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


def _again(inbox: Inbox, batches: int) -> float:
    """Microseconds an id of `seen`, of ids that the largest run holds: a batch that is sent again."""
    run = next(iter(inbox.ids._lanes[EVENTS.name].runs.values()), None)
    if run is None:
        return 0.0
    taken = []
    for number in range(batches):
        places = slice(number * BATCH, (number + 1) * BATCH)
        wanted = files.Probe(run._h[places], run._g[places], files._bits(run._h[places]), np.arange(BATCH))
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
