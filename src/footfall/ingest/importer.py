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
from rich.progress import DownloadColumn, Progress, TaskID

from footfall.config import Config
from footfall.errors import UsageError
from footfall.ingest.fields import Rules
from footfall.ingest.imports.mapping import TIME_FIELD, Mapper, read_mapping
from footfall.ingest.imports.occurrences import Occurrences
from footfall.ingest.imports.sender import Sender
from footfall.ingest.imports.source import BadLine, Row, Source
from footfall.ingest.outcome import Sender as Who
from footfall.ingest.receipts import Receipt
from footfall.ingest.validate import Validator

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
class Batch:
    """Items as JSON, and the numbers of their rows."""

    items: list[bytes] = field(default_factory=list)
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

    def refuse(self, number: int, reason: str, message: str) -> None:
        """Adds a rejected row."""
        self.rejected += 1
        refusal = self.refusals.setdefault(reason, Refusal(message))
        refusal.rows += 1
        if len(refusal.numbers) < LINES_TOLD:
            refusal.numbers.append(number)


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
            batches = _batches(source, mapper, occurrences, report)
            _send_all(batches, sender, report, gauge)
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


def _batches(source: Source, mapper: Mapper, occurrences: Occurrences, report: Report) -> Iterator[Batch]:
    """Items in the order of the file; a row that does not say when it happened is told at once."""
    kind = mapper.mapping.kind
    needed = TIME_FIELD[kind] if kind in {"events", "orders"} else ""
    for rows in _rows(source.rows(), report):
        ids = occurrences.ids([row.content for row in rows])
        batch = Batch()
        for row, row_id in zip(rows, ids, strict=True):
            item = mapper.item(row.values, row_id)
            if needed and needed not in item:
                told = f"{needed} is required; --map {needed}=COLUMN names its column"
                report.refuse(row.number, "missing_field", told)
            else:
                batch.items.append(_ENCODE(item))
                batch.numbers.append(row.number)
        if batch.items:
            yield batch


def _rows(found: Iterable[Row | BadLine], report: Report) -> Iterator[list[Row]]:
    """Rows in lists of bounded size; a line that is no row is told at once."""
    rows: list[Row] = []
    held = 0
    for row in found:
        report.read += 1
        if isinstance(row, BadLine):
            report.refuse(row.number, row.reason, row.message)
            continue
        rows.append(row)
        held += len(row.content)
        if len(rows) >= BATCH_ROWS or held >= BATCH_BYTES:
            yield rows
            rows, held = [], 0
    if rows:
        yield rows


def _send_all(batches: Iterator[Batch], sender: Sender, report: Report, gauge: "_Gauge") -> None:
    """Sends batches one by one, while the next is made; the last is answered when it can be queried."""
    with ThreadPoolExecutor(1) as lane:
        sent: tuple[Future[Receipt], Batch] | None = None
        current = next(batches, None)
        while current is not None:
            following = next(batches, None)
            _settle(sent, sender, report)
            gauge.show()
            sent = lane.submit(sender.send, b"\n".join(current.items), wait=following is None), current
            current = following
        _settle(sent, sender, report)


def _settle(sent: tuple[Future[Receipt], Batch] | None, sender: Sender, report: Report) -> None:
    """Adds what became of a batch. An answer names the first rejected items only; where it leaves some out,
    ingest's own validation tells about all."""
    if sent is None:
        return
    receipt, batch = sent[0].result(), sent[1]
    report.accepted += receipt.accepted
    report.duplicate += receipt.duplicate
    errors = receipt.errors
    if len(errors) < receipt.rejected:
        here = Who(bytes(16), "", "import", time.time_ns() // 1_000_000)
        validator = Validator(sender.kind, here, Rules.of(sender.config), letters=False)
        errors = validator.validate(batch.items, 0)[1]
    before = report.rejected
    for error in errors:
        if error.index is not None:
            report.refuse(batch.numbers[error.index], error.code, error.message)
    report.rejected = before + receipt.rejected  # an order that was refused in part is told, and accepted


class _Gauge:
    """How far the import is, on standard error: a bar on a terminal, else a line every few seconds."""

    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._told_at = time.monotonic()
        console = Console(stderr=True)
        self._bar = (
            Progress(*Progress.get_default_columns(), DownloadColumn(), console=console, transient=True)
            if console.is_terminal
            else None
        )
        self._task = self._bar.add_task(source.path.name, total=source.size) if self._bar else TaskID(0)

    def __enter__(self) -> "_Gauge":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def show(self) -> None:
        """Tells where the import is."""
        position = self._source.position()
        if self._bar:
            self._bar.update(self._task, completed=position)
        elif time.monotonic() - self._told_at >= PLAIN_EVERY_S:
            self._told_at = time.monotonic()
            percent = 100 * position // max(self._source.size, 1)
            print(f"{self._report.read} rows read, {percent} % of the file", file=sys.stderr, flush=True)
