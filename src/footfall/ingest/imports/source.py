"""Rows of a file: CSV or NDJSON, plain or compressed (gzip, zstd), or Parquet; told by content, not by name.

A row is its number (the line it begins on, or the Parquet row), its values by column, and its content as
bytes, which is what makes it the same row when the file is read again. A line that cannot be read as a row is
a `BadLine`, and reading goes on. Memory is bounded: files are streamed, and a line is at most `LINE_LIMIT`
bytes.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import pyarrow
import pyarrow.parquet
import zstandard

from footfall.errors import UsageError

LINE_LIMIT: Final = 1 << 20
PARQUET_ROWS: Final = 8192
ZSTD_READ: Final = 16 << 10
BUFFER: Final = 1 << 18
_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_BOM = b"\xef\xbb\xbf"
_DELIMITERS = (",", ";", "\t", "|")
_DECODE = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
_ENCODE = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(frozen=True, slots=True)
class Row:
    """One row: number in the file, values by column, content."""

    number: int
    values: dict[str, Any]
    content: bytes


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row, and why."""

    number: int
    reason: str
    message: str


class Source:
    """A file to import. `columns` is empty for NDJSON, whose lines each name their own.

    Raises `UsageError` where the file cannot be opened or is of no known kind.
    """

    def __init__(self, path: Path, *, encoding: str = "utf-8", delimiter: str = "") -> None:
        self.path = path
        self.size = path.stat().st_size
        self._encoding = encoding
        self._delimiter = delimiter
        self._file: IO[bytes] | None = None
        try:
            with path.open("rb") as file:
                self._magic = file.read(4)
            self.columns = self._columns()
        except (OSError, EOFError, zlib.error, zstandard.ZstdError, pyarrow.ArrowException) as error:
            raise UsageError(f"{path}: {error}") from None

    def position(self) -> int:
        """Bytes of the file that are read, for a progress bar."""
        return 0 if self._file is None or self._file.closed else self._file.tell()

    def rows(self) -> Iterator[Row | BadLine]:
        """The rows from the first one on; raises `UsageError` where the file is cut off or damaged."""
        with self.path.open("rb") as self._file:
            try:
                if self._magic == _PARQUET:
                    yield from _parquet(self._file)
                elif self.columns:
                    yield from self._csv(self._lines(self._file))
                else:
                    yield from _ndjson(self._lines(self._file))
            except (OSError, EOFError, zlib.error, zstandard.ZstdError, pyarrow.ArrowException) as error:
                raise UsageError(f"{self.path} is cut off or damaged: {error}") from None

    def _columns(self) -> tuple[str, ...]:
        if self._magic == _PARQUET:
            return tuple(pyarrow.parquet.read_schema(self.path).names)
        with self.path.open("rb") as file:
            first = next(self._lines(file), (1, b""))[1]
        start = first.removeprefix(_BOM).lstrip()[:1]
        if not first:
            raise UsageError(f"{self.path} is empty")
        if start == b"{":
            return ()
        if start == b"[":
            raise UsageError(f"{self.path} holds a JSON array; give one object a line (NDJSON)")
        try:
            header = first.removeprefix(_BOM).decode(self._encoding)
        except UnicodeDecodeError:
            raise UsageError(
                f"{self.path} is no text in {self._encoding}; a mapping file may name its encoding"
            ) from None
        if "\0" in header:
            raise UsageError(f"{self.path} is neither CSV, NDJSON nor Parquet")
        self._delimiter = self._delimiter or max(_DELIMITERS, key=header.count)
        columns = tuple(name.strip() for name in next(csv.reader([header], delimiter=self._delimiter)))
        doubled = next((name for name in columns if columns.count(name) > 1), None)
        if doubled is not None:
            raise UsageError(f"{self.path} has two columns {doubled!r}")
        return columns

    def _lines(self, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
        """Lines with their numbers; one that is too long comes cut, one byte over the limit."""
        stream: Any = file
        if self._magic[:2] == _GZIP:
            stream = io.BufferedReader(gzip.GzipFile(fileobj=file), BUFFER)
        elif self._magic == _ZSTD:
            stream = io.BufferedReader(_Zstd(file), BUFFER)
        number = 0
        while line := stream.readline(LINE_LIMIT + 1):
            number += 1
            rest = line
            while len(rest) > LINE_LIMIT and not rest.endswith(b"\n"):
                rest = stream.readline(LINE_LIMIT + 1)
            yield number, line

    def _csv(self, lines: Iterator[tuple[int, bytes]]) -> Iterator[Row | BadLine]:
        next(lines)
        records = _Records(lines, self._encoding)
        reader = csv.reader(records, delimiter=self._delimiter)
        width = len(self.columns)
        while True:
            records.first = 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadLine(records.first or records.last, "invalid_csv", str(error))
                reader = csv.reader(records, delimiter=self._delimiter)
                continue
            if records.bad:
                yield BadLine(records.first, records.bad, records.explain())
                records.bad = ""
            elif not cells:
                continue
            elif len(cells) != width:
                yield BadLine(
                    records.first, "invalid_csv", f"{len(cells)} cells where the header has {width} columns"
                )
            else:
                yield Row(records.first, dict(zip(self.columns, cells, strict=True)), _ENCODE(cells))


class _Records:
    """Lines as text for the csv module, which may take several for one record; remembers where it began."""

    def __init__(self, lines: Iterator[tuple[int, bytes]], encoding: str) -> None:
        self._lines = lines
        self._encoding = encoding
        self._taken = 0
        self.first = self.last = 0
        self.bad = ""

    def __iter__(self) -> "_Records":
        return self

    def __next__(self) -> str:
        self.last, line = next(self._lines)
        if self.first == 0:
            self.first, self._taken = self.last, 0
        self._taken += len(line)
        if self._taken > LINE_LIMIT:
            self.bad = "too_large"
            return "\n" if self.first == self.last else '"\n'
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError:
            self.bad = "invalid_unicode"
            return line.decode(self._encoding, "replace")

    def explain(self) -> str:
        """What `bad` means."""
        if self.bad == "too_large":
            return f"the line is over {LINE_LIMIT} bytes"
        return f"the line is no text in {self._encoding}; a mapping file may name its encoding"


def _ndjson(lines: Iterator[tuple[int, bytes]]) -> Iterator[Row | BadLine]:
    for number, raw in lines:
        line = (raw.removeprefix(_BOM) if number == 1 else raw).strip()
        if len(raw) > LINE_LIMIT:
            yield BadLine(number, "too_large", f"the line is over {LINE_LIMIT} bytes")
        elif line:
            try:
                yield Row(number, _DECODE(line), line)
            except msgspec.ValidationError:
                yield BadLine(number, "not_an_object", "a line must be a JSON object")
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                yield BadLine(number, "invalid_json", str(error))


def _parquet(file: IO[bytes]) -> Iterator[Row]:
    number = 0
    for batch in pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=PARQUET_ROWS):
        for values in batch.to_pylist():
            number += 1
            yield Row(number, values, _ENCODE(list(values.values())))


class _Zstd(io.RawIOBase):
    """The text of zstd frames; a frame that ends in the middle is an error, as it is with gzip."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._packed = self._text = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills `buffer` with what comes next; 0 at the end of the file."""
        while not self._text:
            self._packed = self._packed or self._file.read(ZSTD_READ)
            if not self._packed:
                if not self._frame.eof:
                    raise EOFError("the zstd frame ends in the middle")
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._text = self._frame.decompress(self._packed)
            self._packed = self._frame.unused_data if self._frame.eof else b""
        size = min(len(buffer), len(self._text))
        buffer[:size], self._text = self._text[:size], self._text[size:]
        return size
