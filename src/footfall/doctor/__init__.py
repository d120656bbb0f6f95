"""`footfall doctor`: looks at a running stack and says what is wrong with it.

Each check is a small function that yields findings; a check that cannot look says so as a finding. Nothing
is changed.
"""

import http.client
import shutil
import stat
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from footfall import store
from footfall.config import Config, StoreUser
from footfall.errors import UsageError
from footfall.schema import migrate, retention
from footfall.schema.review import PARTS_LIMIT

FREE_BYTES = 1 << 30
"""Free disk space below which merges and the inbox soon fail."""

_DISKS = "SELECT name, free_space FROM system.disks"
_PARTS = """
SELECT database || '.' || table AS name, max(parts) FROM
(
    SELECT database, table, partition_id, count() AS parts FROM system.parts
    WHERE active AND database IN ('footfall', 'footfall_private')
    GROUP BY database, table, partition_id
)
GROUP BY name ORDER BY name
"""
_MUTATIONS = """
SELECT database || '.' || table AS name, command, latest_fail_reason FROM system.mutations
WHERE NOT is_done AND latest_fail_reason != '' AND database IN ('footfall', 'footfall_private')
"""
_VERSION = "SELECT version()"
_UNCONFINED = "SELECT substitution FROM system.macros WHERE macro = 'unconfined'"
_SERVERS: tuple[Literal["ingest", "dashboard", "live"], ...] = ("ingest", "dashboard", "live")
_ANSWER_S = 5
_USERS: tuple[StoreUser, ...] = ("writer", "reader", "analyst")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is, and whether it is as it should be."""

    good: bool
    text: str


def examine(config: Config) -> Iterator[Finding]:
    """Looks at everything, in the order of the data's flow."""
    yield from _secrets(config)
    yield from _folder(config)
    yield from _disk(config)
    yield from _servers(config)
    try:
        client = store.connect(config, "footfall", database=None)
    except (DatabaseError, OperationalError, UsageError) as error:
        yield Finding(False, f"store does not answer at {config.store_url} as footfall: {error}")
        return
    with client:
        ((version,),) = client.query(_VERSION).result_rows
        yield Finding(True, f"store answers at {config.store_url}: ClickHouse {version}")
        if config.embedded:
            yield _confinement(client)
        yield from _users(config)
        yield from _schema(client)
        yield from _ttls(client, config)
        yield from _disks(client)
        yield from _parts(client)
        yield from _mutations(client)


def _secrets(config: Config) -> Iterator[Finding]:
    path = config.data_dir / "secrets.toml"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        yield Finding(True, "passwords and keys come from the environment")
        return
    if mode & 0o077:
        yield Finding(False, f"{path} is readable by others (mode {mode:04o}): chmod 600 it")
    else:
        yield Finding(True, f"{path} is readable by its owner alone")


def _folder(config: Config) -> Iterator[Finding]:
    """Whether others can look into what the data folder holds; one that they cannot enter hides all."""
    if not config.data_dir.is_dir() or not _is_open(config.data_dir):
        return
    for path in sorted(config.data_dir.iterdir()):
        if path.is_dir() and _is_open(path):
            yield Finding(False, f"{path} can be read by others: chmod 700 it, or {config.data_dir}")


def _is_open(folder: Path) -> bool:
    return bool(stat.S_IMODE(folder.stat().st_mode) & 0o077)


def _disk(config: Config) -> Iterator[Finding]:
    free = shutil.disk_usage(config.data_dir).free
    yield Finding(free >= FREE_BYTES, f"disk of {config.data_dir} has {_mib(free)} MiB free")


def _servers(config: Config) -> Iterator[Finding]:
    for server in _SERVERS:
        url = config.url(server)
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=_ANSWER_S):  # noqa: S310
                yield Finding(True, f"{server} answers at {url}")
        except (OSError, http.client.HTTPException) as error:
            yield Finding(False, f"{server} does not answer at {url}: {error}")


def _confinement(client: Client) -> Finding:
    """What the running engine says that it did, not what the kernel could do."""
    rows = client.query(_UNCONFINED).result_rows
    if not rows:
        return Finding(False, "the engine does not say whether the kernel confines it: start it again")
    if rows[0][0]:
        return Finding(False, f"the engine is not confined by the kernel: {rows[0][0]}")
    return Finding(True, "the engine is confined by the kernel: files, network, other programs")


def _users(config: Config) -> Iterator[Finding]:
    for user in _USERS:
        try:
            store.connect(config, user, database=None).close()
        except (DatabaseError, UsageError) as error:
            yield Finding(False, f"user {user} cannot log in: {error}")
        else:
            yield Finding(True, f"user {user} logs in")


def _schema(client: Client) -> Iterator[Finding]:
    if pending := migrate.pending(client):
        yield Finding(False, f"schema lacks {', '.join(pending)}: run `footfall migrate`")
    else:
        yield Finding(True, "schema is what this release needs")


def _ttls(client: Client, config: Config) -> Iterator[Finding]:
    differences = retention.differences(client, config)
    for table, (kept, wanted) in differences.items():
        yield Finding(
            False,
            f"footfall.{table} keeps its rows {_days(kept)}, the settings say {_days(wanted)}: "
            "run `footfall migrate`",
        )
    if not differences:
        yield Finding(True, "rows are kept as long as the settings say")


def _disks(client: Client) -> Iterator[Finding]:
    for name, free in client.query(_DISKS).result_rows:
        yield Finding(free >= FREE_BYTES, f"store's disk {name} has {_mib(free)} MiB free")


def _parts(client: Client) -> Iterator[Finding]:
    counts = client.query(_PARTS).result_rows
    crowded = [(name, parts) for name, parts in counts if parts > PARTS_LIMIT]
    for name, parts in crowded:
        yield Finding(False, f"{name} has {parts} parts in one partition: inserts outrun merges")
    if not crowded:
        most = max((parts for _, parts in counts), default=0)
        yield Finding(True, f"merges keep up: at most {most} parts in a partition")


def _mutations(client: Client) -> Iterator[Finding]:
    for name, command, reason in client.query(_MUTATIONS).result_rows:
        yield Finding(False, f"{name}: {command} fails: {reason}")


def _days(days: int) -> str:
    return f"{days} days" if days else "for ever"


def _mib(size: int) -> int:
    return int(size) >> 20
