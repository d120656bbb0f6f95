"""`footfall import`: brings a file of rows to ingest in bounded memory, by the same validation as all else.

The steps: read rows, give each an id, map it to an item, send the items in batches, collect what becomes of
them. An id is made from the row's content and from how often that content has occurred in the file, never
from its time or its place: the same file again adds nothing, a longer file that contains it adds what is new,
and equal lines of one file all count. That holds with `--shift` too, which moves times and not ids.

Rows go out in the order of the file; while one batch is on its way the next is read.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import DownloadColumn, Progress

from footfall.config import Config
from footfall.errors import UsageError
from footfall.ingest.imports.mapping import TIME_FIELD, Mapper, read_mapping
from footfall.ingest.imports.occurrences import Occurrences
from footfall.ingest.imports.sender import Receipt, Sender
from footfall.ingest.imports.source import BadLine, Row, Source

BATCH_ROWS: Final = 2000
BATCH_BYTES: Final = 4 << 20
LINES_TOLD: Final = 20
PLAIN_EVERY_S: Final = 5.0
_ENCODE = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode


@dataclass(slots=True)
class Refusal:
    """Rows that were rejected for one reason: how many, the message of the first, the numbers of some."""

    message: str
    rows: int = 0
    numbers: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """What became of the rows of a file."""

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    refusals: dict[str, Refusal] = field(default_factory=dict)
    shift: timedelta = timedelta()

    def lines(self) -> Iterator[str]:
        """The report as text: the counts, then a line a reason with the rows it befell."""
        counts = f"{self.accepted} accepted, {self.duplicate} duplicate, {self.rejected} rejected"
        yield f"{self.read} rows: {counts}"
        if self.shift:
            yield f"times moved by {self.shift}"
        for reason, refusal in sorted(self.refusals.items(), key=lambda item: -item[1].rows):
            numbers = ", ".join(map(str, refusal.numbers))
            more = " …" if refusal.rows > len(refusal.numbers) else ""
            yield f"rejected {reason}, {refusal.rows} rows: {refusal.message} (lines {numbers}{more})"
        untold = self.rejected - sum(refusal.rows for refusal in self.refusals.values())
        if untold:
            yield f"rejected, {untold} rows more: of each batch ingest tells the first reasons only"

    def refuse(self, number: int, reason: str, message: str) -> None:
        """Adds a rejected row."""
        refusal = self.refusals.setdefault(reason, Refusal(message))
        refusal.rows += 1
        if len(refusal.numbers) < LINES_TOLD:
            refusal.numbers.append(number)

    def add(self, receipt: Receipt, numbers: list[int]) -> None:
        """Adds ingest's answer to a batch; `numbers`: where in the file its items stand."""
        self.accepted += receipt.accepted
        self.duplicate += receipt.duplicate
        self.rejected += receipt.rejected
        for error in receipt.errors:
            self.refuse(numbers[error.index], error.code, error.message)


def import_file(
    config: Config,
    file: Path,
    *,
    kind: str | None = None,
    mapping: Iterable[str] = (),
    events: Iterable[str] = (),
    tz: str | None = None,
    shift: bool = False,
    mapping_file: str | None = None,
) -> Report:
    """Imports `file` and reports what became of its rows.

    Raises `UsageError` for a file or a mapping that cannot be used, `StoreUnavailable` where ingest does not
    answer; what was sent until then stays, and the next run adds what is missing.
    """
    asked = read_mapping(mapping_file, kind, mapping, events, tz)
    source = Source(file, encoding=asked.encoding, delimiter=asked.delimiter)
    mapper = Mapper(asked, source.columns)
    report = Report()
    if shift:
        report.shift = mapper.shift = _shift(source, mapper)
    sender = Sender(config, asked.kind)
    try:
        with Occurrences() as occurrences, _Gauge(source, report) as gauge:
            bodies = _bodies(source, mapper, occurrences, report)
            _send_all(bodies, sender, report, gauge)
    finally:
        sender.close()
    return report


def _shift(source: Source, mapper: Mapper) -> timedelta:
    """How far the times move, so that the last of them is now."""
    moments = (mapper.time(row.values) for row in source.rows() if isinstance(row, Row))
    last = max((moment for moment in moments if moment is not None), default=None)
    if last is None:
        raise UsageError(f"{source.path}: no row says when it happened, so there is nothing to shift")
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000) - last


def _bodies(
    source: Source, mapper: Mapper, occurrences: Occurrences, report: Report
) -> Iterator[tuple[bytes, list[int]]]:
    """Batches as NDJSON, with the numbers of their rows."""
    timed = mapper.mapping.kind in {"events", "orders"}
    for rows in _batches(source.rows(), report):
        ids = occurrences.ids([row.content for row in rows])
        items, numbers = [], []
        for row, row_id in zip(rows, ids, strict=True):
            item = mapper.item(row.values, row_id)
            if timed and TIME_FIELD[mapper.mapping.kind] not in item:
                report.rejected += 1
                name = TIME_FIELD[mapper.mapping.kind]
                report.refuse(
                    row.number, "missing_field", f"{name} is required; --map {name}=COLUMN names its column"
                )
                continue
            items.append(_ENCODE(item))
            numbers.append(row.number)
        if items:
            yield b"\n".join(items), numbers


def _batches(rows: Iterable[Row | BadLine], report: Report) -> Iterator[list[Row]]:
    """Rows in batches of bounded size; lines that are no rows are told at once."""
    batch: list[Row] = []
    held = 0
    for row in rows:
        report.read += 1
        if isinstance(row, BadLine):
            report.rejected += 1
            report.refuse(row.number, row.reason, row.message)
            continue
        batch.append(row)
        held += len(row.content)
        if len(batch) >= BATCH_ROWS or held >= BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _send_all(
    bodies: Iterator[tuple[bytes, list[int]]], sender: Sender, report: Report, gauge: "_Gauge"
) -> None:
    """Sends batches one by one, while the next is made; the last is answered when it can be queried."""
    with ThreadPoolExecutor(1) as lane:
        sent: tuple[Future[Receipt], list[int]] | None = None
        current = next(bodies, None)
        while current is not None:
            following = next(bodies, None)
            _settle(sent, report, gauge)
            body, numbers = current
            sent = lane.submit(sender.send, body, wait=following is None), numbers
            current = following
        _settle(sent, report, gauge)


def _settle(sent: tuple[Future[Receipt], list[int]] | None, report: Report, gauge: "_Gauge") -> None:
    if sent is not None:
        receipt, numbers = sent[0].result(), sent[1]
        report.add(receipt, numbers)
        gauge.show()


class _Gauge:
    """How far the import is, on standard error: a bar on a terminal, else a line every few seconds."""

    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._told_at = time.monotonic()
        console = Console(stderr=True)
        self._bar = Progress(
            *Progress.get_default_columns(), DownloadColumn(), console=console, transient=True
        )
        self._on_terminal = console.is_terminal
        self._task = self._bar.add_task(source.path.name, total=source.size)

    def __enter__(self) -> "_Gauge":
        if self._on_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self) -> None:
        """Tells where the import is."""
        position = self._source.position()
        if self._on_terminal:
            self._bar.update(self._task, completed=position)
        elif time.monotonic() - self._told_at >= PLAIN_EVERY_S:
            self._told_at = time.monotonic()
            percent = 100 * position // max(self._source.size, 1)
            print(f"{self._report.read} rows read, {percent} % of the file", file=sys.stderr, flush=True)
