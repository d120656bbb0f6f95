"""`footfall migrate`: brings the store's schema to what this release needs.

A database that does not exist gets the snapshot; one of an older release gets the migrations that it lacks
and the objects that are new. The versions that the snapshot contains are recorded before its first object
is made, so that a run that was killed half-way is told from an older release, and the next run finishes it.
Every statement may be run again, and a run that finds nothing to do changes nothing. Runs of one data folder
take turns by a lock on a file, which the kernel releases however a run ends.
"""

import fcntl
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from clickhouse_connect.driver.exceptions import OperationalError

from footfall import store
from footfall.config import Config
from footfall.errors import StoreUnavailable, UsageError
from footfall.schema import projections, retention, statements, tuning, users
from footfall.schema.retention import Store
from footfall.schema.statements import FIRST_VERSION, Migration, Statement

OLDEST_SERVER = (25, 8)
"""The oldest ClickHouse that the schema is tested on."""

_DATABASES = (
    "CREATE DATABASE IF NOT EXISTS footfall",
    "CREATE DATABASE IF NOT EXISTS footfall_private",
)
_VERSIONS = "SELECT DISTINCT version FROM footfall_private.schema_migrations"
_RECORD = """
INSERT INTO footfall_private.schema_migrations (version, name)
SELECT step.1, step.2
FROM (SELECT arrayJoin(arrayZip({versions:Array(UInt32)}, {names:Array(String)})) AS step)
"""
_DROPS = """
SELECT table, latest_fail_reason FROM system.mutations
WHERE database = 'footfall' AND NOT is_done AND command LIKE '%DROP PROJECTION%'
"""
_CURRENCIES = """
SELECT currency FROM footfall.orders WHERE currency NOT IN ('', {currency:String})
UNION ALL
SELECT currency FROM footfall.events WHERE currency NOT IN ('', {currency:String})
LIMIT 1
"""
_TARGET = re.compile(r"\bTO footfall\.(\w+) AS\b")
_HELD = "SELECT 1 FROM footfall.BASE LIMIT 1"
_UNFILLED = "INSERT INTO footfall_private.rollup_fills (rollup, filled) VALUES ({rollup:String}, false)"
_OBJECTS = "SELECT database, name FROM system.tables WHERE database IN ('footfall', 'footfall_private')"


@dataclass
class Report:
    """What a run changed."""

    version: int
    created: list[str] = field(default_factory=list)
    migrated: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The report as lines of text."""
        if self.created:
            yield f"created {len(self.created)} objects: {', '.join(self.created)}"
        yield from (f"migrated: {name}" for name in self.migrated)
        yield from self.changed
        nothing = not (self.created or self.migrated or self.changed)
        yield f"schema is at version {self.version}{'; nothing to do' if nothing else ''}"


def migrate(config: Config) -> Report:
    """Creates or upgrades the schema of the configured store.

    Raises `UsageError` where the settings or the store do not allow it, `StoreUnavailable` where the
    store does not answer.
    """
    retention.check(config)
    with (
        _turn(config),
        _answering(config),
        store.connect(config, "footfall", database=None) as client,
    ):
        report = upgrade(client, config)
        if not config.embedded:
            report.changed += users.apply(client, config)
        return report


def upgrade(client: Store, config: Config, folder: Path = statements.FOLDER) -> Report:
    """The same over a client of the owner: databases, objects, migrations and TTLs."""
    _refuse_old_server(client)
    snapshot, migrations = statements.snapshot(folder), statements.migrations(folder)
    report = Report(migrations[-1].version if migrations else FIRST_VERSION)
    for statement in _DATABASES:
        client.command(statement)
    _create(client, [s for s in snapshot if s.name in {"schema_migrations", "rollup_fills"}], report)
    applied, new = _begin(client, migrations)
    _refuse_newer(applied, report.version)
    if not new:
        _note_unfilled(client, snapshot)

    # Tables that are missing come first, because migrations change tables; what reads tables comes last,
    # because it may read a column that a migration adds.
    _create(client, [s for s in snapshot if s.kind == "TABLE"], report)
    for migration in migrations:
        if migration.version not in applied:
            _step(client, migration)
            report.migrated.append(f"{migration.version:04} {migration.name}")
    _create(client, [s for s in snapshot if s.kind != "TABLE"], report)
    _refuse_other_currency(client, config)
    report.changed += retention.apply(client, config)
    report.changed += tuning.apply(client)
    report.changed += projections.fill(client)
    return report


def pending(client: Store, folder: Path = statements.FOLDER) -> list[str]:
    """What `upgrade` would do to the schema, without doing it; the TTLs are `retention.differences`'."""
    snapshot, migrations = statements.snapshot(folder), statements.migrations(folder)
    present = _present(client)
    missing = [f"{s.database}.{s.name}" for s in snapshot if (s.database, s.name) not in present]
    if ("footfall_private", "schema_migrations") not in present:
        return missing
    applied = _versions(client)
    return missing + [f"{m.version:04} {m.name}" for m in migrations if m.version not in applied]


def _begin(client: Store, migrations: list[Migration]) -> tuple[set[int], bool]:
    """Versions that this database has, and whether it is new; a new one is told to have all, before its first
    object is made."""
    if applied := _versions(client):
        return applied, False
    if any(database == "footfall" for database, _ in _present(client)):
        raise UsageError(
            "the store has a database footfall that `footfall migrate` did not make: "
            "rename it or remove it, then migrate again"
        )
    steps = [(FIRST_VERSION, "first_release"), *((m.version, m.name) for m in migrations)]
    _record(client, steps)
    return {version for version, _ in steps}, True


def _note_unfilled(client: Store, snapshot: list[Statement]) -> None:
    """Notes rollups that are about to be added beside raw rows: `upkeep.backfill` fills them."""
    present = _present(client)
    views = {match[1] for s in snapshot if s.kind == "MATERIALIZED VIEW" and (match := _TARGET.search(s.sql))}
    missing = [name for name in sorted(views) if ("footfall", name) not in present]
    bases = [name for name in ("events", "orders") if ("footfall", name) in present]
    if missing and any(client.query(_HELD.replace("BASE", base)).result_rows for base in bases):
        for name in missing:
            client.command(_UNFILLED, parameters={"rollup": name})


def _create(client: Store, wanted: list[Statement], report: Report) -> None:
    present = _present(client)
    for statement in wanted:
        if (statement.database, statement.name) not in present:
            client.command(statement.sql)
            report.created.append(statement.name)


def _present(client: Store) -> set[tuple[str, str]]:
    return {(database, name) for database, name in client.query(_OBJECTS).result_rows}


def _versions(client: Store) -> set[int]:
    return {int(version) for (version,) in client.query(_VERSIONS).result_rows}


def _step(client: Store, migration: Migration) -> None:
    """Runs a migration and records it; where a killed run left no object to change, it is made new later."""
    if migration.target in _present(client):
        _wait_for_drops(client)
        client.command(migration.sql)
    _record(client, [(migration.version, migration.name)])


def _record(client: Store, steps: list[tuple[int, str]]) -> None:
    versions, names = zip(*steps, strict=True)
    client.command(_RECORD, parameters={"versions": list(versions), "names": list(names)})


def _wait_for_drops(client: Store) -> None:
    """Waits until no part holds a projection that was dropped.

    A run that was killed while the engine removed one leaves that to the engine's background; a part that
    still has it must not meet a new projection of the same name.
    """
    while dropping := client.query(_DROPS).result_rows:
        for table, reason in dropping:
            if reason:
                raise StoreUnavailable(f"the store cannot drop a projection of footfall.{table}: {reason}")
        time.sleep(0.1)


def _refuse_newer(applied: set[int], version: int) -> None:
    if (newest := max(applied)) > version:
        raise UsageError(
            f"the schema is at version {newest} and this release of Footfall knows only up to {version}: "
            "a newer release has migrated it; run that one"
        )


def _refuse_other_currency(client: Store, config: Config) -> None:
    """One shop has one currency: sums of two would mean nothing."""
    for (currency,) in client.query(_CURRENCIES, parameters={"currency": config.currency}).result_rows:
        raise UsageError(
            f"the store holds money in {currency}, but FOOTFALL_CURRENCY is {config.currency}: set it to "
            f"{currency}, or keep the other currency in a data folder of its own"
        )


def _refuse_old_server(client: Store) -> None:
    ((version,),) = client.query("SELECT version()").result_rows
    if tuple(int(number) for number in str(version).split(".")[:2]) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise UsageError(f"the store is ClickHouse {version}; Footfall needs {oldest} or newer")


@contextmanager
def _turn(config: Config) -> Iterator[None]:
    path = config.data_dir / "migrate.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = path.open("w")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _answering(config: Config) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        hint = "start it with `footfall engine`" if config.embedded else "check FOOTFALL_CLICKHOUSE_URL"
        raise StoreUnavailable(f"the store does not answer at {config.store_url} ({hint}): {error}") from None
