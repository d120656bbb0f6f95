"""The four users of the store, and who a request comes from.

chDB knows one user only, so the engine itself tells them apart: by password, by what the guard lets each
run, by limits that are set on the handle before it is made read-only, and by slots of their own.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from footfall.config import Config
from footfall.engine.exceptions import AUTHENTICATION_FAILED, EngineError
from footfall.engine.protocol import QUERY_LIMIT
from footfall.limits import READING_USERS, ReadingUser, limits


@dataclass(frozen=True, slots=True)
class User:
    """A user of the store: what it may run, within which limits, and how many statements at once."""

    name: str
    password: str = field(repr=False)
    slots: int
    guarded: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    """Limits that each of its handles has; it may lower them for a statement."""

    @property
    def result_bytes(self) -> int:
        """Size of a result in bytes at the most, 0 for any."""
        return int(self.settings.get("max_result_bytes", "0"))


# A statement of the longest size still fits with what `running` and `introspection` add to it; a statement
# without its first word is none, as on a server. No other machine is reached: to try again is only to wait.
_ANY = {
    "max_query_size": str(4 * QUERY_LIMIT),
    "implicit_select": "0",
    "http_max_tries": "1",
    "s3_retry_attempts": "0",
    "azure_sdk_max_retries": "0",
    "backup_restore_s3_retry_attempts": "0",
}
# What makes the limits hold: time is looked at between blocks, so from the first one on and with no large
# ones; names that stand for one another are not written out without end, which no limit of time stops.
_BOUNDED = {
    "timeout_before_checking_execution_speed": "0",
    "max_block_size": "65409",
    "function_range_max_elements_in_block": "10000000",
    "max_expanded_ast_elements": "100000",
    "max_threads": "2",
}
_OWNERS_SLOTS = 32
_WRITERS_SLOTS = 16


def users(config: Config) -> dict[str, User]:
    """The store's users with the passwords of the configuration."""
    owner = User("footfall", config.password, _OWNERS_SLOTS, settings=_ANY)
    writer = User("writer", config.writer_password, _WRITERS_SLOTS, guarded=True, settings=_ANY)
    return {user.name: user for user in (owner, writer, *(_reading(config, name) for name in READING_USERS))}


def _reading(config: Config, name: ReadingUser) -> User:
    """A user that only reads, within the limits of the configuration."""
    most = limits(config, name)
    settings = {name: str(value) for name, value in most.settings.items()}
    password = config.store_password(name)
    return User(name, password, most.queries, guarded=True, settings={**_ANY, **settings, **_BOUNDED})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says about who sends it."""

    user: str
    password: str = field(repr=False)
    given: bool


class AuthenticationFailed(EngineError):
    """Wrong or missing credentials: 401 where none were given, so that a browser asks; 403 otherwise."""

    def __init__(self, user: str, *, given: bool) -> None:
        super().__init__(
            AUTHENTICATION_FAILED,
            f"{user}: Authentication failed: password is incorrect, or there is no user with such name.",
        )
        self.given = given

    @property
    def status(self) -> int:
        return 403 if self.given else 401


def credentials(headers: Mapping[str, str], params: Mapping[str, str]) -> Credentials:
    """User and password from Basic, from X-ClickHouse-User and -Key, or from the URL; never from two."""
    basic = headers.get("authorization", "")
    by_header = "x-clickhouse-user" in headers or "x-clickhouse-key" in headers
    by_url = "user" in params or "password" in params
    if bool(basic) + by_header + by_url > 1:
        raise EngineError(
            AUTHENTICATION_FAILED,
            "Invalid authentication: it is not allowed to use more than one of the Authorization header, "
            "X-ClickHouse-User/-Key headers and URL parameters at once",
        )
    if basic:
        return _basic(basic)
    if by_header:
        return Credentials(headers.get("x-clickhouse-user", ""), headers.get("x-clickhouse-key", ""), True)
    return Credentials(params.get("user", ""), params.get("password", ""), by_url)


def _basic(header: str) -> Credentials:
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        raise EngineError(
            AUTHENTICATION_FAILED, "Invalid authentication: only Basic with user and password is supported"
        ) from None
    return Credentials(user, password, True)


def authenticate(known: Mapping[str, User], given: Credentials) -> User:
    """The user that the credentials belong to; takes as long for a user that there is not."""
    name = given.user or "default"
    user = known.get(name)
    expected = user.password if user is not None else "-"
    right = hmac.compare_digest(expected.encode(), given.password.encode(errors="surrogateescape"))
    if user is None or not right or not expected:
        raise AuthenticationFailed(name, given=given.given)
    return user
