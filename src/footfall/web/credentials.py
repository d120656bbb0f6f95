"""Passwords, sessions and attempts: what a login is made of, without any HTTP.

A password is compared by scrypt, never as text; a setting may hold the hash instead of the password. A
session is a signed statement of a role and an end, in a cookie: nothing is stored, both pages know it by the
same key, and a changed password ends every session. Attempts are counted by address and bounded.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from typing import Final, Literal

from footfall.config import Config

Role = Literal["viewer", "admin"]
ROLES: Final[tuple[Role, ...]] = ("viewer", "admin")
SESSION_S: Final = 7 * 86_400
ATTEMPTS: Final = 5
ATTEMPTS_S: Final = 60.0
ADDRESSES: Final = 10_000

_COST, _BLOCK, _LANES = 1 << 14, 8, 1
_PREFIX: Final = "scrypt"
_MEMORY: Final = 64 << 20


def hash_password(password: str) -> str:
    """The password's hash, as a setting may hold it: `scrypt:cost:block:lanes:salt:hash`."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _COST, _BLOCK, _LANES)
    return ":".join((_PREFIX, str(_COST), str(_BLOCK), str(_LANES), _text(salt), _text(digest)))


def is_hash(setting: str) -> bool:
    """Whether a setting holds a hash and not a password."""
    return setting.startswith(f"{_PREFIX}:") and setting.count(":") == 5


def matches(password: str, hashed: str) -> bool:
    """Whether this is the password of a hash; takes tens of milliseconds, by design."""
    _, cost, block, lanes, salt, digest = hashed.split(":")
    found = _scrypt(password, _bytes(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, _bytes(digest))


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=32)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Passwords:
    """The hashes of those roles that have a password."""

    def __init__(self, config: Config) -> None:
        given: dict[Role, str] = {"admin": config.admin_password, "viewer": config.viewer_password}
        self._hashes = {
            role: value if is_hash(value) else hash_password(value) for role, value in given.items() if value
        }

    def role_of(self, password: str) -> Role | None:
        """The role that a password opens; None where it opens none."""
        return next((role for role, hashed in self._hashes.items() if matches(password, hashed)), None)


class Sessions:
    """Makes and reads session cookies."""

    def __init__(self, config: Config) -> None:
        secret = "\0".join((config.password, config.admin_password, config.viewer_password))
        self._key = hashlib.blake2b(secret.encode(), person=b"footfall-session").digest()

    def issue(self, role: Role) -> str:
        """A cookie's value for a role, good for `SESSION_S` seconds."""
        statement = f"{role}.{int(time.time()) + SESSION_S}.{secrets.token_urlsafe(8)}"
        return f"{statement}.{self._signed(statement)}"

    def role_in(self, cookie: str) -> Role | None:
        """The role that a cookie states; None where it is not ours or over."""
        statement, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signed(statement).encode()):
            return None
        role, end, _ = statement.split(".", 2)
        if int(end) < time.time():
            return None
        return next((known for known in ROLES if known == role), None)

    def _signed(self, statement: str) -> str:
        return _text(hmac.digest(self._key, statement.encode(), "sha256"))


class Attempts:
    """Wrong passwords by address: `ATTEMPTS` in `ATTEMPTS_S`; the oldest of many addresses is forgotten.

    A right password forgives none of them: a viewer's would let its owner go on guessing the admin's.
    """

    def __init__(self) -> None:
        self._failed: OrderedDict[bytes, list[float]] = OrderedDict()

    def wait_s(self, address: bytes) -> int:
        """Seconds until this address may try again; 0 where it may now."""
        recent = self._recent(address)
        return 0 if len(recent) < ATTEMPTS else max(1, round(recent[0] + ATTEMPTS_S - time.monotonic()))

    def failed(self, address: bytes) -> None:
        """Counts a wrong password."""
        self._failed[address] = [*self._recent(address), time.monotonic()]
        self._failed.move_to_end(address)
        while len(self._failed) > ADDRESSES:
            self._failed.popitem(last=False)

    def _recent(self, address: bytes) -> list[float]:
        since = time.monotonic() - ATTEMPTS_S
        return [moment for moment in self._failed.get(address, []) if moment > since]
