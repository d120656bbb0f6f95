"""Runs one measurement, prints its tables and writes its figures."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench import (
    audit,
    compression,
    ids,
    ingest,
    insert,
    interface,
    layouts,
    live,
    objects,
    peers,
    profiles,
    queries,
    rollups,
    scale,
    storage,
)  # fmt: skip
from bench.machine import load_average, machine
from bench.report import Report, show

SIZED = ("events", "runs")


class Question(NamedTuple):
    """What measures, and which of the sizes it takes."""

    measure: Callable[..., Report | Sequence[Report]]
    takes: tuple[str, ...]


QUESTIONS = {
    "audit": Question(audit.measure, ("events",)),
    "compression": Question(compression.measure, ("events",)),
    "ids": Question(ids.measure, SIZED),
    "indices": Question(objects.indices, SIZED),
    "ingest": Question(ingest.measure, ("events", "seconds")),
    "insert": Question(insert.measure, SIZED),
    "interface": Question(interface.measure, SIZED),
    "layouts": Question(layouts.measure, SIZED),
    "live": Question(live.measure, ("events", "seconds")),
    "peers": Question(peers.measure, SIZED),
    "profiles": Question(profiles.measure, ("seconds",)),
    "projections": Question(objects.projections, SIZED),
    "queries": Question(queries.measure, SIZED),
    "rollups": Question(rollups.measure, SIZED),
    "scale": Question(scale.measure, SIZED),
    "storage": Question(storage.measure, ("events",)),
}


def run(question: str, *, file: Path | None, **sizes: float) -> None:
    """Measures `question` on a shop of about `events` events, each thing `runs` times or for `seconds`."""
    measure, takes = QUESTIONS[question]
    given = {size: sizes[size] for size in takes}
    command = " ".join(
        ("footfall bench", question, *(f"--{name} {size:.0f}" for name, size in given.items()))
    )
    load = load_average()
    answer = measure(**given)
    tables = [answer] if isinstance(answer, Report) else list(answer)
    for table in tables:
        show(table)
    if file is not None:
        about = {"question": question, "command": command, "machine": machine(), "load_before": load}
        file.write_text(json.dumps(about | {"tables": msgspec.to_builtins(tables)}, indent=1) + "\n")
