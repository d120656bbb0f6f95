"""The schema's files as statements: the snapshot in the order in which it can be created, and the migrations.

Each file holds one statement under a comment that says what the object is for. Two placeholders are
replaced, and never a value: `{engine:NAME}` is the table engine, `{on_cluster}` the clause that runs DDL on
every server of a cluster (empty on one server). Only the standard library is imported here, so that the
schema can be tried on any engine.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
# What a statement creates, in the order in which one may depend on another: a view reads tables, and a
# trigger reads one table and writes another. Views and triggers read no other view.
_KINDS = ("TABLE", "VIEW", "MATERIALIZED VIEW")
_CREATE = re.compile(
    rf"^CREATE ({'|'.join(_KINDS)}) IF NOT EXISTS (footfall|footfall_private)\.(\w+)", re.MULTILINE
)
_ENGINE = re.compile(r"\{engine:([^{}]+)\}")
_CHANGES = re.compile(r"^(?:ALTER TABLE|INSERT INTO) (footfall|footfall_private)\.(\w+)", re.MULTILINE)
_MIGRATION = re.compile(r"^(\d{4})_(\w+)$")
FIRST_VERSION = 1
"""Version of the first release's schema; the migrations count on from it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The one statement that creates an object of the snapshot."""

    kind: str
    database: str
    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step forward; safe to run again, because a run may end before it is recorded.

    `target` is the object that it changes, as (database, name).
    """

    version: int
    name: str
    target: tuple[str, str]
    sql: str


def snapshot(folder: Path = FOLDER) -> list[Statement]:
    """Every object of the schema, in the order in which they can be created."""
    files = sorted(folder.glob("tables/*.sql")) + sorted(folder.glob("rollups/*.sql"))
    return sorted((_statement(path) for path in files), key=lambda statement: _KINDS.index(statement.kind))


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Every migration, in the order of their numbers."""
    return [_migration(path) for path in sorted(folder.glob("migrations/*.sql"))]


def render(text: str) -> str:
    """A file's text with its placeholders replaced."""
    return _ENGINE.sub(r"\1", text).replace("{on_cluster}", "").strip()


def _statement(path: Path) -> Statement:
    sql = render(path.read_text())
    match = _CREATE.search(sql)
    if match is None or match[3] != path.stem:
        raise ValueError(f"{path}: must create footfall….{path.stem}, IF NOT EXISTS")
    return Statement(match[1], match[2], match[3], sql)


def _migration(path: Path) -> Migration:
    sql = render(path.read_text())
    name, target = _MIGRATION.match(path.stem), _CHANGES.search(sql)
    if name is None or target is None:
        raise ValueError(f"{path}: must be named NNNN_what_it_does.sql and change an object of footfall…")
    return Migration(int(name[1]), name[2], (target[1], target[2]), sql)
