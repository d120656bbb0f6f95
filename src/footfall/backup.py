"""`footfall backup` and `footfall restore`: the whole store in one folder, made by the engine itself.

The embedded engine writes to `backups` in the data folder, a ClickHouse server to its
`backups.allowed_path` (compose.yaml sets it). A backup sees each table at one moment, but not all tables
at the same one: of blocks that are inserted meanwhile a rollup may hold more or less than the raw table,
which `footfall audit` shows. Restoring needs a store without Footfall's tables.
"""

import re

from clickhouse_connect.driver.exceptions import DatabaseError

from footfall import store
from footfall.config import Config
from footfall.errors import FootfallError, UsageError

LIMIT_S = 24 * 60 * 60
_ALREADY_EXISTS, _NOT_FOUND = 598, 599  # ClickHouse's numbers
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_BACKUP = "BACKUP DATABASE footfall, DATABASE footfall_private TO File({name:String})"
_RESTORE = "RESTORE DATABASE footfall, DATABASE footfall_private FROM File({name:String})"
_TABLES = "SELECT count() FROM system.tables WHERE database IN ('footfall', 'footfall_private')"


def backup(config: Config, name: str) -> str:
    """Writes the store to the backup `name`, which must be new. Returns a line of text."""
    _check(name)
    _run(config, _BACKUP, name)
    return f"backup {name} is written"


def restore(config: Config, name: str) -> str:
    """Reads the backup `name` into a store that has no tables of Footfall. Returns a line of text."""
    _check(name)
    with store.connect(config, "footfall", database=None) as client:
        ((tables,),) = client.query(_TABLES).result_rows
    if tables:
        raise UsageError(
            "the store has Footfall's tables already; restore into an empty store (an empty "
            "FOOTFALL_DATA_DIR, or a server without databases footfall and footfall_private)"
        )
    _run(config, _RESTORE, name)
    return f"backup {name} is restored"


def _check(name: str) -> None:
    """A name is one plain file name, so that no backup leaves the folder that is for them."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a backup: letters, digits, dots, - and _, no folders")


def _run(config: Config, statement: str, name: str) -> None:
    with store.connect(config, "footfall", database=None, send_receive_timeout=LIMIT_S) as client:
        try:
            client.command(statement, parameters={"name": name})
        except DatabaseError as error:
            if error.code == _ALREADY_EXISTS:
                raise UsageError(f"there is a backup {name} already; choose another name") from None
            if error.code == _NOT_FOUND:
                raise UsageError(f"there is no backup {name}") from None
            raise FootfallError(f"the store could not do it: {error}") from None
