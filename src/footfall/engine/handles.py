"""chDB opened on the data folder, and the handles that run statements on it.

One process a data folder: a second one is refused. A handle is one connection with settings of its own; it
runs one statement at a time. To prepare one costs 2 ms, so it is kept for the next request of the same user
and settings (`run`); one that a statement may have changed is closed after it, so that settings cannot leak.

chDB formats a SELECT in whole only into memory, so rows are streamed by `INTO OUTFILE` into a pipe of our
own: every format comes out as ClickHouse writes it, in bounded memory, and a full pipe holds the engine back.
"""

import faulthandler
import fcntl
import os
import re
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape as escape_xml

from footfall.engine import figures, querylog
from footfall.engine.exceptions import from_engine
from footfall.errors import UsageError

FILES = 65_536
SCHEMA_S = 10.0
"""Age of a schema that a statement wrote for itself after which it has been read or given up."""
_CONFIG = """<clickhouse>
    <query_log>
        <database>system</database>
        <table>query_log</table>
        <partition_by>toYYYYMM(event_date)</partition_by>
        <ttl>event_date + INTERVAL 7 DAY</ttl>
        <flush_interval_milliseconds>1000</flush_interval_milliseconds>
        <max_size_rows>65536</max_size_rows>
        <reserved_size_rows>1024</reserved_size_rows>
    </query_log>
    <backups>
        <allowed_path>{data}/backups</allowed_path>
        <allowed_disk></allowed_disk>
    </backups>
    <merge_tree>
        <!-- A power cut may leave any number of new parts empty: they are put aside, and ingest writes their
             rows again. With ClickHouse's own limits, the engine would not start. -->
        <max_suspicious_broken_parts>1000000</max_suspicious_broken_parts>
        <max_suspicious_broken_parts_bytes>1099511627776</max_suspicious_broken_parts_bytes>
    </merge_tree>
    <macros><unconfined>{unconfined}</unconfined></macros>
</clickhouse>
"""


@dataclass(frozen=True, slots=True)
class Stats:
    """What a statement did, as the engine counted it."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    elapsed_ns: int = 0


class Handle:
    """One connection; `changed` once a statement may have left something behind on it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.changed = False

    def run(
        self, sql: bytes | str, format: str = "TabSeparated", params: Mapping[str, str] | None = None
    ) -> tuple[bytes, Stats]:
        """Runs a statement and returns its whole answer; `params` are values in ClickHouse's escaped form."""
        text = sql.encode(errors="surrogateescape") if isinstance(sql, str) else sql
        started = time.perf_counter_ns()
        try:
            result = self._connection.query(text, format, params=_given(params))
        except (RuntimeError, UnicodeDecodeError) as error:
            raise from_engine(error) from None
        return bytes(result.bytes()) if result.size() else b"", Stats(
            read_rows=result.storage_rows_read(),
            read_bytes=result.storage_bytes_read(),
            written_rows=result.rows_written(),
            written_bytes=result.bytes_written(),
            result_rows=result.rows_read(),
            result_bytes=result.bytes_read(),
            elapsed_ns=time.perf_counter_ns() - started,
        )

    def send(self, sql: bytes, format: str, params: Mapping[str, str]) -> Any:
        """Begins a SELECT whose blocks are fetched; nothing else may run on the handle meanwhile."""
        try:
            return self._connection.send_query(sql, format, params=_given(params))
        except (RuntimeError, UnicodeDecodeError) as error:
            raise from_engine(error) from None

    def watch(self, told: Callable[[dict[str, int]], None] | None) -> None:
        """Has it told, in the statement's thread, what a statement has done by then, or no more."""
        self._connection.set_progress_callback(told)

    def insert(self, sql: bytes, format: str) -> Any:
        """Begins an INSERT that data is appended to."""
        try:
            return self._connection.send_insert(sql, format)
        except (RuntimeError, UnicodeDecodeError) as error:
            raise from_engine(error) from None

    def apply(self, settings: Mapping[str, str]) -> None:
        """Sets settings on this handle; they stay until it is closed."""
        if settings:
            self.run("SET " + ", ".join(f"{name} = {quote(value)}" for name, value in settings.items()))

    def close(self) -> None:
        self._connection.close()


def quote(value: str) -> str:
    """A string as a literal of ClickHouse."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def escape(value: str) -> str:
    """A string in the escaped form in which query parameters are passed."""
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\0", "\\0")


def _given(params: Mapping[str, str] | None) -> dict[str, str] | None:
    return {name: _without_surrogates(value) for name, value in params.items()} if params else None


def _without_surrogates(value: str) -> str:
    """A parameter's value with the bytes in it that are no UTF-8 written as escapes."""
    return re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found[0]) & 0xFF:02X}", value)


class Database:
    """chDB on `<data_dir>/clickhouse`: the folder is held at once, the database opened by `start`."""

    def __init__(self, data_dir: Path) -> None:
        if odd := set("?&#%") & set(str(data_dir)):  # chDB takes the path within a connection string
            raise UsageError(f"the data folder {data_dir} has a {min(odd)!r} in its name: use another one")
        self._data = data_dir
        self._lock = _lock(data_dir)
        self.folders = tuple(data_dir / name for name in ("clickhouse", "backups", "tmp"))
        """The database, its backups, and files that do not outlive a statement: all that it changes."""
        for folder in self.folders:
            folder.mkdir(exist_ok=True)
            with suppress(PermissionError):  # it may be another's, who lets us write there: doctor tells
                folder.chmod(0o700)
        self.settings = data_dir / "clickhouse.xml"
        self._settings = self.settings.open("w")  # a confined process could not open it for writing
        _allow_files()
        figures.withhold()

    def start(self, unconfined: str) -> None:
        """Loads chDB and opens the database; `unconfined` is what `system.macros` tells its owner.

        In a thread: chDB asks how large its stack is, and only `/proc/self/maps` says it of the main one's.
        Files that statements name, data and schemas of formats, are below `user_files`, as on a server: chDB
        looks for them where the process is.
        """
        files = self.folders[0] / "user_files"
        files.mkdir(exist_ok=True)
        os.chdir(files)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(self._start, unconfined).result()
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        _crash_at_once()

    def _start(self, unconfined: str) -> None:
        names = {"data": self._data, "unconfined": unconfined}
        with self._settings as file:
            file.write(_CONFIG.format_map({name: escape_xml(str(value)) for name, value in names.items()}))
        self._connect = _load_chdb(self.folders[-1])
        self._address = f"{self.folders[0]}?config-file={self.settings}"
        querylog.put_aside(self.folders[0])
        try:
            self._first = self._connect(self._address)
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"cannot open the database in {self._data}: {reason}") from None
        first = self.open()
        self.version = first.run("SELECT version()")[0].decode().strip()
        first.run("CREATE DATABASE IF NOT EXISTS footfall")  # the one that statements run in
        querylog.bring_back(self.folders[0], first)
        first.close()

    def open(self) -> Handle:
        """A new handle with the engine's own settings."""
        try:
            return Handle(self._connect(self._address))
        except RuntimeError:  # a connection begins in `default`, which somebody may have dropped
            Handle(self._first).run("CREATE DATABASE IF NOT EXISTS default")
            return Handle(self._connect(self._address))

    def tidy(self) -> None:
        """Removes schemas that chDB writes for a statement, reads at once, and leaves if it is killed."""
        for pattern in ("tmp*.proto", "tmp*.capnp"):
            for file in self.folders[-1].glob(pattern):
                with suppress(FileNotFoundError):
                    if time.time() - file.stat().st_mtime > SCHEMA_S:
                        file.unlink()

    def close(self) -> None:
        self._first.close()
        self._lock.close()


def _allow_files() -> None:
    """Raises the limit of open files: each of the engine's threads holds three, besides parts and sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _load_chdb(temporary: Path) -> Any:
    os.environ["TZ"] = "UTC"  # the engine's time zone is the process's
    # It has all zones in itself, and keeps megabytes of each name for ever: files give a zone endless names.
    os.environ["TZDIR"] = os.devnull
    os.environ["TMPDIR"] = str(temporary)
    # Its allocator keeps what it does not need for half a second and not for five, and frees it by itself.
    os.environ.setdefault("JE_MALLOC_CONF", "dirty_decay_ms:500,background_thread:true")
    time.tzset()
    with _hidden("pyarrow"):
        from chdb.state.sqlitelike import Connection
    return Connection


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Keeps chDB from loading what only its own results for Python need: a third of the time to start."""
    modules: dict[str, Any] = sys.modules
    modules.setdefault(package, None)
    try:
        yield
    finally:
        if modules[package] is None:
            del modules[package]


def _crash_at_once() -> None:
    """Puts fatal signals back: chDB's handlers keep a crashed process, deaf and dumb, for a minute or so."""
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT):
        signal.signal(number, signal.SIG_DFL)
    faulthandler.enable(all_threads=False)  # the log gets a line about it


def _lock(data_dir: Path) -> IO[bytes]:
    """Holds the data folder for this process; chDB's own lock prints an error of its own."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (data_dir / "engine.lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise UsageError(f"the data folder {data_dir} is in use by another engine") from None
    return lock


class Handles:
    """Handles that are ready for use, with what they were prepared for; one request has one at a time."""

    KEPT = 64

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ready: list[tuple[tuple[str, ...], Handle]] = []
        self._lock = threading.Lock()

    def take(self, key: tuple[str, ...]) -> Handle | None:
        """A handle that was prepared for `key` before, if one is free."""
        with self._lock:
            for at in range(len(self._ready) - 1, -1, -1):
                if self._ready[at][0] == key:
                    return self._ready.pop(at)[1]
        return None

    @property
    def backups(self) -> Path:
        """The folder of the database's backups."""
        return self._database.folders[1]

    def open(self) -> Handle:
        return self._database.open()

    def give_back(self, key: tuple[str, ...], handle: Handle) -> None:
        """Keeps an unchanged handle for the next request, instead of the one that waits longest."""
        if handle.changed:
            handle.close()
            return
        with self._lock:
            self._ready.append((key, handle))
            oldest = self._ready.pop(0)[1] if len(self._ready) > self.KEPT else None
        if oldest is not None:
            oldest.close()

    def close(self) -> None:
        with self._lock:
            for _, handle in self._ready:
                handle.close()
            self._ready.clear()
