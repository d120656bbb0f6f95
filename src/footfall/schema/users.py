"""The store's users writer, reader and analyst, on a ClickHouse server.

The embedded engine enforces the same users itself; on a server `footfall migrate` makes them, with the
rights and limits below. `footfall`, the owner, is made where the server is set up (compose.yaml does), with
the right to make users. Rights and limits are written anew on each run, which changes nothing where they
are as below; a password is changed only where the configured one does not log in.
"""

import hashlib
import secrets
from typing import Final

from clickhouse_connect.driver.exceptions import DatabaseError

from footfall import store
from footfall.config import Config, StoreUser
from footfall.errors import UsageError
from footfall.limits import READERS_JOINS, SYSTEM_TABLES, WRITERS_TABLES, limits
from footfall.schema.retention import Store

_READ: Final = ("SELECT, SHOW ON footfall.*", *(f"SELECT ON system.{name}" for name in sorted(SYSTEM_TABLES)))
GRANTS: Final[dict[StoreUser, tuple[str, ...]]] = {
    "writer": (
        "SELECT, SHOW ON footfall.*",
        "SELECT, SHOW ON footfall_private.*",
        *(f"INSERT ON {database}.{table}" for database, table in sorted(WRITERS_TABLES)),
        # Superseded rows of users and products are removed after each insert.
        "ALTER DELETE ON footfall.users",
        "ALTER DELETE ON footfall.products",
        "SELECT ON system.tables",
        "SELECT ON system.columns",
        "SELECT ON system.mutations",
    ),
    "reader": _READ,
    "analyst": _READ,
}
"""What each user may do: the text between GRANT and TO."""

# A bound of 0 means "no limit" to ClickHouse, hence MIN 1: a user may lower a limit, never lift it.
_LIMIT = "{name} = {most} MIN 1 MAX {most} CHANGEABLE_IN_READONLY"
_FREE = ("use_query_condition_cache", "optimize_use_projections", "max_threads", "log_comment")
_WRITERS_QUERIES: Final = 64  # of every ingest process that shares the server

_EXISTS = "SELECT count() FROM system.users WHERE name = {user:String}"


def apply(client: Store, config: Config) -> list[str]:
    """Makes the users, or brings them to what is written here; returns one line a user that changed.

    A store whose users are kept elsewhere (another `footfall engine`, a hosted ClickHouse) may refuse:
    that is well where all three log in. Raises `UsageError` where they do not.
    """
    changes: list[str] = []
    try:
        for user in GRANTS:
            changes += _identify(client, config, user)
            for statement in statements(user, config):
                client.command(statement)
    except DatabaseError as error:
        missing = [user for user in GRANTS if not _logs_in(config, user)]
        if missing:
            raise UsageError(
                f"the store's user footfall may not make the user {missing[0]}: give it access management "
                f"(CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT=1, as compose.yaml does): {error}"
            ) from None
    return changes


def statements(user: StoreUser, config: Config) -> list[str]:
    """The statements that give a user that exists its limits and its rights."""
    if user == "reader" or user == "analyst":
        most_of = limits(config, user)
        queries = most_of.queries
        settings = ["readonly = 1 CONST", *(f"{name} CHANGEABLE_IN_READONLY" for name in _FREE)]
        if user == "reader":
            settings += [f"{name} = '{value}'" for name, value in READERS_JOINS.items()]
        settings += [_LIMIT.format(name=name, most=most) for name, most in most_of.settings.items()]
    else:
        queries, settings = _WRITERS_QUERIES, []
    settings.insert(0, f"max_concurrent_queries_for_user = {queries} CONST")
    return [
        f"ALTER USER {user} DEFAULT DATABASE footfall SETTINGS {', '.join(settings)}",
        *(f"GRANT {right} TO {user}" for right in GRANTS[user]),
    ]


def identified(password: str) -> str:
    """The clause that gives a user its password.

    These statements take no bound values; a salted digest holds hexadecimal digits only, so no password
    can break out of its quotes, and none is seen by the server's logs.
    """
    salt = secrets.token_hex(16)
    digest = hashlib.sha256((password + salt).encode()).hexdigest()
    return f"IDENTIFIED WITH sha256_hash BY '{digest}' SALT '{salt}'"


def _identify(client: Store, config: Config, user: StoreUser) -> list[str]:
    password = config.store_password(user)
    ((exists,),) = client.query(_EXISTS, parameters={"user": user}).result_rows
    if not exists:
        client.command(f"CREATE USER IF NOT EXISTS {user} {identified(password)}")
        return [f"created the store's user {user}"]
    if _logs_in(config, user):
        return []
    client.command(f"ALTER USER {user} {identified(password)}")
    return [f"changed the password of the store's user {user}"]


def _logs_in(config: Config, user: StoreUser) -> bool:
    try:
        store.connect(config, user, database=None).close()
    except UsageError:
        return False
    return True
