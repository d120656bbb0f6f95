"""The query log of earlier runs: chDB forgets its database `system`, and with it the log, whenever it opens.

So the log's folder is moved out of the way before chDB opens, and its parts go into the new log's table
afterwards; the engine itself knows which of them count. What cannot be read any more is left out: a log that
is lost must not keep a shop's database from starting.
"""

import logging
import shutil
from pathlib import Path

from footfall.engine.exceptions import EngineError
from footfall.engine.handle import Handle

log = logging.getLogger("footfall.engine")
_TABLE, _BEFORE = "system.query_log", "system.query_log_before"
_UUID = "6e0c1a0f-6a53-4b43-9e1c-5c0d3a1f7b42"
"""ATTACH wants one; the table is gone again before anybody sees it."""


def put_aside(database: Path) -> None:
    """Saves the log's folder from chDB, which is not open yet; one that an earlier start left comes first."""
    if _live(database).exists() and not _aside(database).exists():
        _live(database).rename(_aside(database))


def bring_back(database: Path, handle: Handle) -> None:
    """Adds what was put aside to the new log, which is made for it."""
    aside = _aside(database)
    if not aside.exists():
        return
    try:
        _bring_back(aside, _live(database).with_name("query_log_before"), handle)
    except (EngineError, OSError) as error:
        log.warning("the query log of earlier runs is lost: %s", error)
        shutil.rmtree(aside, ignore_errors=True)


def _bring_back(aside: Path, place: Path, handle: Handle) -> None:
    handle.run("SYSTEM FLUSH LOGS query_log")
    made = handle.run(f"SHOW CREATE TABLE {_TABLE}", "TSVRaw")[0].decode()
    aside.rename(place)
    handle.run(made.replace(f"CREATE TABLE {_TABLE}", f"ATTACH TABLE {_BEFORE} UUID '{_UUID}'", 1))
    parts = "SELECT DISTINCT partition_id FROM system.parts WHERE active AND table = 'query_log_before'"
    for partition in handle.run(parts)[0].decode().split():
        handle.run(f"ALTER TABLE {_BEFORE} MOVE PARTITION ID '{partition}' TO TABLE {_TABLE}")
    handle.run(f"DROP TABLE {_BEFORE} SYNC")


def _live(database: Path) -> Path:
    return database / "data" / "system" / "query_log"


def _aside(database: Path) -> Path:
    return database / "query_log_before"
