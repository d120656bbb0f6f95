"""chDB opened on the data folder. One process a data folder: a second one is refused."""

import faulthandler
import fcntl
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape as escape_xml

from footfall.engine import figures, querylog
from footfall.engine.handle import Handle
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
    <!-- Merges give way to whoever asks or sends; without CAP_SYS_NICE, they do not. -->
    <os_threads_nice_value_merge_mutate>10</os_threads_nice_value_merge_mutate>
    <!-- What a merge collects of a projection before it writes it; ClickHouse's 256 MiB are for INSERTs. -->
    <users_config>{settings}</users_config>
    <background_profile>merges</background_profile>
    <profiles>
        <default/>
        <merges><min_insert_block_size_bytes>8388608</min_insert_block_size_bytes></merges>
    </profiles>
    <users>
        <default>
            <password/>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <named_collection_control>1</named_collection_control>
        </default>
    </users>
    <quotas><default/></quotas>
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
        names = {"data": self._data, "settings": self.settings, "unconfined": unconfined}
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
