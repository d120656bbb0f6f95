"""A run: a file of ids that never changes, sorted, with a filter in front. Pure files, no database.

An id is 16 bytes. What it is sorted by is a mixed half of it, `h`, which is uniform whatever the ids look
like; with the other half, `g`, it is the whole id again, so that a comparison of both is exact. `salt` keeps
whoever chooses ids from choosing places.

    head (4 KiB): magic, salt, number of ids, of filter words, of fences
    filter        64 bits for every three ids, in the order of h: a blocked Bloom filter, four bits an id
    fences        every 512th h
    h, g          the ids

The filter tells nearly every id that the run does not hold (0.25 % pass); for what passes, the fences name
the page of `h` to read. So a look-up of a new id reads one word. Filter and fences are mapped, three bytes an
id, which the system may take back as any of its page cache; ids stay in the file. Numbers are little-endian.
"""

import mmap
import os
import struct
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]

ID_BYTES: Final = 16
IDS_A_WORD: Final = 3
FENCE: Final = 512
_PAGE: Final = 4096
_HEAD: Final = struct.Struct("<8sQQQQ")
_MAGIC: Final = b"footrun1"
_MERGE_IDS: Final = 1 << 15  # ids of each run that a merge holds at once
_SYNC_BYTES: Final = 4 << 20  # written at once, so that the inbox's own fsync waits for no more than that


class Damaged(Exception):
    """A file is no run, or is cut short."""


class Probe(NamedTuple):
    """Ids as runs compare them, in the order of h: halves, bits in the filter word, and where each stood.

    In this order a look-up goes through a filter from its beginning to its end, which is a quarter faster.
    """

    h: U64
    g: U64
    bits: U64
    places: npt.NDArray[np.int64]


def _mixed(x: U64) -> U64:
    """A bijection that spreads each bit over all (the finisher of SplitMix64: Steele, Lea, Flood 2014)."""
    x = x.copy()
    x ^= x >> 30
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> 27
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> 31
    return x


def probe(ids: bytes, salt: int) -> Probe:
    """What runs with this salt compare of ids, 16 bytes each, one after the other."""
    halves = np.frombuffer(ids, "<u8").reshape(-1, 2)
    g = np.ascontiguousarray(halves[:, 0])
    h = _mixed(halves[:, 1] ^ _mixed(g ^ np.uint64(salt)))
    places = np.argsort(h)
    h = h[places]
    return Probe(h, g[places], filter_bits(h), places)


def filter_bits(h: U64) -> U64:
    """The bits that each id sets in its word of a filter."""
    one, low = np.uint64(1), np.uint64(63)
    bits = one << (h & low)
    for shift in (6, 12, 18):
        bits |= one << (h >> shift & low)
    return bits


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the parts of a file stand."""

    count: int

    @property
    def words(self) -> int:
        return self.count // IDS_A_WORD + 1

    @property
    def fences(self) -> int:
        return -(-self.count // FENCE)

    @property
    def starts(self) -> tuple[int, int, int, int, int]:
        """Offsets of the filter, the fences, h, g and the end."""
        at = [_PAGE]
        for length in (self.words, self.fences, self.count, self.count):
            at.append(at[-1] + -(-length * 8 // _PAGE) * _PAGE)
        return at[0], at[1], at[2], at[3], at[4]


class Run:
    """A run that is open for look-ups."""

    def __init__(self, path: Path, salt: int) -> None:
        """Raises `Damaged` where the file is not what it should be."""
        self.path = path
        with path.open("rb") as file:
            layout = _head(file, salt)
            self.count = layout.count
            words_at, fences_at, *self._starts, _ = layout.starts
            front = mmap.mmap(file.fileno(), self._starts[0], access=mmap.ACCESS_READ)
            self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)
        front.madvise(mmap.MADV_RANDOM)
        front.madvise(mmap.MADV_WILLNEED)
        self._words: U64 = np.frombuffer(front, "<u8", layout.words, words_at)
        self._fences: U64 = np.frombuffer(front, "<u8", layout.fences, fences_at)

    def find(self, wanted: Probe) -> list[int]:
        """Places of the ids that the run holds, among those that `probe` was given."""
        words = self._words[_places(wanted.h, len(self._words))]
        passed = np.flatnonzero(words & wanted.bits == wanted.bits)
        if not len(passed):
            return []
        h, g = wanted.h[passed], wanted.g[passed].tolist()
        pages = np.searchsorted(self._fences, h).tolist()
        places = wanted.places[passed].tolist()
        return [
            place
            for place, page, key, other in zip(places, pages, h, g, strict=True)
            if self._holds(page, key, other)
        ]

    def _holds(self, page: int, h: np.uint64, g: int) -> bool:
        h_at, g_at = self._starts
        at = max(0, (page - 1) * FENCE)
        while at < self.count:
            length = min(FENCE + 1, self.count - at)
            found = _read(self._file, h_at, at, length)
            first, end = int(found.searchsorted(h)), int(found.searchsorted(h, "right"))
            if first < end and g in _read(self._file, g_at, at + first, end - first).tolist():
                return True
            if end < length:
                return False
            at += length
        return False


def _read(file: int, start: int, first: int, length: int) -> U64:
    """Numbers of a part of a file that begins at `start`."""
    return np.frombuffer(os.pread(file, length * 8, start + first * 8), "<u8")


def _places(h: U64, words: int) -> U64:
    """The filter word of each h: in the order of h."""
    places: U64 = h >> np.uint64(32)
    places *= np.uint64(words)
    places >>= np.uint64(32)
    return places


def _head(file: IO[bytes], salt: int) -> _Layout:
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise Damaged(f"{file.name} is cut short")
    magic, its_salt, count, words, fences = _HEAD.unpack(head)
    layout = _Layout(count)
    if (magic, its_salt, words, fences) != (_MAGIC, salt, layout.words, layout.fences):
        raise Damaged(f"{file.name} is no run of this inbox")
    if os.fstat(file.fileno()).st_size != layout.starts[-1]:
        raise Damaged(f"{file.name} is cut short")
    return layout


class Writer:
    """Writes a run of `count` ids beside its place; `append` them in the order of h.

    Leaving the block without an error puts the file in its place, on disk; with one, nothing is left.
    """

    def __init__(self, path: Path, count: int, salt: int) -> None:
        self.path = path
        self._draft = path.with_suffix(".draft")
        self._layout = _Layout(count)
        self._salt = salt
        self._written = 0
        self._since_sync = 0
        self._word = 0  # the filter's words before this one are written
        self._open_word = np.uint64(0)

    def __enter__(self) -> "Writer":
        self._file = self._draft.open("wb")
        self._file.truncate(self._layout.starts[-1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._file:
                if error is None:
                    self._finish()
            if error is None:
                self._draft.rename(self.path)
                sync_folder(self.path.parent)
        finally:
            self._draft.unlink(missing_ok=True)

    def append(self, h: U64, g: U64) -> None:
        """Adds ids, none of them before those that are there."""
        _, fences, h_at, g_at, _ = self._layout.starts
        done = self._written
        self._put(h_at + done * 8, h)
        self._put(g_at + done * 8, g)
        first = -done % FENCE
        self._put(fences + (done + first) // FENCE * 8, h[first::FENCE])
        self._filter(h)
        self._written += len(h)

    def _filter(self, h: U64) -> None:
        """Adds sorted ids to the filter; the last word stays open, the next ids may set bits of it."""
        places = _places(h, self._layout.words)
        starts = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
        last = int(places[-1])
        words = np.zeros(last - self._word + 1, np.uint64)
        words[places[starts] - np.uint64(self._word)] = np.bitwise_or.reduceat(filter_bits(h), starts)
        words[0] |= self._open_word
        self._put(self._layout.starts[0] + self._word * 8, words[:-1])
        self._word, self._open_word = last, words[-1]

    def _put(self, at: int, values: U64) -> None:
        self._file.seek(at)
        self._file.write(np.ascontiguousarray(values).data)
        self._since_sync += values.nbytes
        if self._since_sync >= _SYNC_BYTES:
            self._sync()

    def _sync(self) -> None:
        self._file.flush()
        os.fdatasync(self._file.fileno())
        self._since_sync = 0

    def _finish(self) -> None:
        layout = self._layout
        if self._written != layout.count:
            raise ValueError(f"{self._written} ids were written of {layout.count}")
        self._put(layout.starts[0] + self._word * 8, np.array([self._open_word]))
        self._file.seek(0)
        self._file.write(_HEAD.pack(_MAGIC, self._salt, layout.count, layout.words, layout.fences))
        self._sync()


def write(path: Path, ids: bytes, salt: int) -> int:
    """Makes a run of at least one id, 16 bytes each, in any order; returns their number."""
    found = probe(ids, salt)
    with Writer(path, len(found.h), salt) as writer:
        writer.append(found.h, found.g)
    return len(found.h)


def merge(path: Path, sources: Sequence[Path], salt: int, between: Callable[[], None]) -> int:
    """Makes one run of several, in bounded memory; returns the number of its ids.

    `between` is called after every piece: a merge takes long, and what it does meanwhile is the caller's.
    """
    readers = [_Reader(source, salt) for source in sources]
    try:
        count = sum(reader.count for reader in readers)
        with Writer(path, count, salt) as writer:
            for h, g in _merged(readers):
                writer.append(h, g)
                between()
    finally:
        for reader in readers:
            reader.close()
    return count


def without(path: Path, source: Path, salt: int, unwanted: Probe) -> int:
    """Makes a run of the ids of another but for some; returns the number of its ids, 0 where none is left."""
    with_g = {(int(h), int(g)) for h, g in zip(unwanted.h, unwanted.g, strict=True)}

    def pieces(reader: _Reader) -> Iterator[tuple[U64, U64]]:
        while reader.fill():
            h, g = reader.take(reader.last)
            keep = ~np.isin(h, unwanted.h)
            for place in np.flatnonzero(~keep).tolist():
                keep[place] = (int(h[place]), int(g[place])) not in with_g
            yield h[keep], g[keep]

    reader = _Reader(source, salt)
    count = sum(len(h) for h, _ in pieces(reader))
    reader.close()
    if count:
        reader = _Reader(source, salt)
        with Writer(path, count, salt) as writer:
            for h, g in pieces(reader):
                if len(h):
                    writer.append(h, g)
        reader.close()
    return count


def _merged(readers: "list[_Reader]") -> Iterator[tuple[U64, U64]]:
    """Ids of all in the order of h: each time, all that are not after the end of any run's piece in hand."""
    while readers := [reader for reader in readers if reader.fill()]:
        bound = min(reader.last for reader in readers)
        parts = [reader.take(bound) for reader in readers]
        h = np.concatenate([part[0] for part in parts])
        order = np.argsort(h)
        yield h[order], np.concatenate([part[1] for part in parts])[order]


class _Reader:
    """Reads a run from its beginning, a piece at a time."""

    def __init__(self, path: Path, salt: int) -> None:
        self._file = path.open("rb")
        layout = _head(self._file, salt)
        self.count = layout.count
        self._starts = layout.starts[2:4]
        self._read = 0
        self._h: U64 = np.zeros(0, np.uint64)
        self._g: U64 = np.zeros(0, np.uint64)

    @property
    def last(self) -> Any:
        """The last h of the piece in hand."""
        return self._h[-1]

    def fill(self) -> bool:
        """Makes sure that there is a piece in hand; False at the end."""
        if not len(self._h) and self._read < self.count:
            length = min(_MERGE_IDS, self.count - self._read)
            self._h, self._g = (self._part(start, length) for start in self._starts)
            self._read += length
        return bool(len(self._h))

    def take(self, bound: np.uint64) -> tuple[U64, U64]:
        """Takes what is not after `bound` out of the piece."""
        end = int(self._h.searchsorted(bound, "right"))
        taken = self._h[:end], self._g[:end]
        self._h, self._g = self._h[end:], self._g[end:]
        return taken

    def close(self) -> None:
        self._file.close()

    def _part(self, start: int, length: int) -> U64:
        return _read(self._file.fileno(), start, self._read, length)


def sync_folder(folder: Path) -> None:
    """Puts the folder's names on disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
