"""Write keys: who may send what; kept in `keys.json` in the data folder, readable by its owner alone.

A key is 256 random bits and is shown once. Kept is its SHA-256: nobody can guess 256 bits, so a slow hash
or a salt would only cost every request, and who reads the file still has no key. A key is looked up by that
hash, whose bytes a sender cannot steer, so the time that it takes tells nothing. What the commands change is
written beside the file and moved over it; a running ingest looks for a new file every `LOOK_S` seconds.

A `browser` key is public (it stands in a page's source) and has no other right: see `browser`.
"""

import fcntl
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from footfall.config import Config
from footfall.errors import UsageError
from footfall.ingest.fields import NAME_LIMIT
from footfall.model import KINDS

Right = Literal["events", "orders", "users", "products", "browser"]
RIGHTS: Final[tuple[Right, ...]] = get_args(Right)
DEFAULT: Final = "default"  # the name of the key that the configuration holds
# What a page may report unless its key says otherwise.
BROWSER_EVENTS: Final = (
    *("page_view", "page_leave", "product_view", "search"),
    *("add_to_cart", "remove_from_cart", "checkout", "purchase"),
)
BROWSER_RATE: Final = 100  # events a second, of all visitors together
LOOK_S: Final = 0.5
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

_log = logging.getLogger(__name__)


class Key(Struct, frozen=True, kw_only=True):
    """A key as it is kept. `origins`, `event_types` and `rate` (events a second) bound a browser key."""

    name: str
    digest: str
    rights: tuple[Right, ...]
    created_at: int
    origins: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    rate: int = 0

    @property
    def browser(self) -> bool:
        return "browser" in self.rights


_decode = msgspec.json.Decoder(list[Key]).decode


class Keys:
    """The keys that a running ingest knows: the configuration's, and those of the file as it is now."""

    def __init__(self, config: Config) -> None:
        self._path = path_of(config)
        digest = digest_of(config.write_key)
        self._default = Key(name=DEFAULT, digest=digest, rights=KINDS, created_at=0)
        self._known = {digest: self._default}
        self._version: tuple[int, ...] | None = None
        self._looked = 0.0
        self._look()

    def find(self, text: str) -> Key | None:
        """The key whose text this is."""
        if time.monotonic() - self._looked > LOOK_S:
            self._look()
        return self._known.get(digest_of(text))

    def _look(self) -> None:
        """Reads the file where it has changed; one that cannot be read changes nothing, and is told once."""
        self._looked = time.monotonic()
        version = _version(self._path)
        if version == self._version:
            return
        self._version = version
        try:
            kept = read(self._path)
        except UsageError as error:
            _log.error("%s; the keys that were known before go on working", error.message)
            return
        self._known = {key.digest: key for key in kept} | {self._default.digest: self._default}


def path_of(config: Config) -> Path:
    """Where the keys of a data folder are."""
    return config.data_dir / "keys.json"


def digest_of(text: str) -> str:
    """What is kept of a key."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read(path: Path) -> list[Key]:
    """The keys of a file, in the order of their making; raises `UsageError` where it cannot be read."""
    try:
        return _decode(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"cannot read the keys in {path}: {type(error).__name__}") from None


def create(
    config: Config,
    name: str,
    rights: Sequence[str],
    *,
    origins: Sequence[str] = (),
    event_types: Sequence[str] = (),
    rate: int | None = None,
) -> str:
    """Makes a key and returns its text, which is kept nowhere; raises `UsageError`."""
    if not _NAME.fullmatch(name) or name == DEFAULT:
        raise UsageError(f"{name!r} is no name for a key: small letters, digits, - _ and . (not {DEFAULT!r})")
    granted = _rights(rights)
    browser = "browser" in granted
    if not browser and (origins or event_types or rate is not None):
        raise UsageError("origins, event types and a rate belong to browser keys alone")
    text = f"{'ffb' if browser else 'ff'}_{secrets.token_urlsafe(32)}"
    key = Key(
        name=name,
        digest=digest_of(text),
        rights=granted,
        created_at=time.time_ns() // 1_000_000,
        origins=_origins(origins) if browser else (),
        event_types=_event_types(event_types) if browser else (),
        rate=(BROWSER_RATE if rate is None else rate) if browser else 0,
    )

    def add(kept: list[Key]) -> list[Key]:
        if any(one.name == name for one in kept):
            raise UsageError(f"there is a key {name} already; revoke it first, or choose another name")
        return [*kept, key]

    _change(path_of(config), add)
    return text


def revoke(config: Config, name: str) -> None:
    """Removes a key; raises `UsageError` where there is none of that name."""
    if name == DEFAULT:
        raise UsageError("the default key is a setting: give FOOTFALL_WRITE_KEY another value")

    def remove(kept: list[Key]) -> list[Key]:
        left = [key for key in kept if key.name != name]
        if len(left) == len(kept):
            raise UsageError(f"there is no key {name}; `footfall keys list` names those there are")
        return left

    _change(path_of(config), remove)


def lines(config: Config) -> Iterator[str]:
    """The keys as lines of text: name, day of making, rights and bounds."""
    yield f"{DEFAULT:20}  {'-':10}  {','.join(KINDS)}  (FOOTFALL_WRITE_KEY)"
    for key in read(path_of(config)):
        day = time.strftime("%Y-%m-%d", time.gmtime(key.created_at / 1000))
        line = f"{key.name:20}  {day}  {','.join(key.rights)}"
        if key.browser:
            line += f"  {' '.join(key.origins)}  {','.join(key.event_types)}  {key.rate} events/s"
        yield line


def _rights(given: Sequence[str]) -> tuple[Right, ...]:
    names = {part.strip() for text in given for part in text.split(",") if part.strip()}
    if unknown := sorted(names - set(RIGHTS)):
        raise UsageError(f"there is no right {unknown[0]!r}; rights are {', '.join(RIGHTS)}")
    if not names:
        raise UsageError(f"a key needs at least one right of {', '.join(RIGHTS)}")
    if "browser" in names and len(names) > 1:
        raise UsageError("a browser key is public: it has no other right")
    return tuple(right for right in RIGHTS if right in names)


def _origins(given: Sequence[str]) -> tuple[str, ...]:
    if not given:
        raise UsageError("a browser key needs --origin, such as https://shop.example")
    origins = []
    for text in given:
        try:
            url = urlsplit(text)
            good = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
        except ValueError:
            good = False
        if not good or text.lower().rstrip("/") != f"{url.scheme}://{url.netloc}".lower() or "@" in text:
            raise UsageError(f"{text!r} is no origin; it takes one like https://shop.example")
        port = "" if url.port in {None, {"http": 80, "https": 443}[url.scheme]} else f":{url.port}"
        host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
        origins.append(f"{url.scheme}://{host}{port}")
    return tuple(dict.fromkeys(origins))


def _event_types(given: Sequence[str]) -> tuple[str, ...]:
    names = [part.strip() for text in given for part in text.split(",") if part.strip()]
    for name in names:
        if len(name) > NAME_LIMIT or not name.isprintable():
            raise UsageError(f"{name!r} is no type of event: 1 to {NAME_LIMIT} printable letters")
        if name == "refund":
            raise UsageError("a page gives nothing back: a browser key cannot send refunds")
    return tuple(dict.fromkeys(names)) or BROWSER_EVENTS


def _version(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Changes wait for each other, whichever process makes them."""
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _change(path: Path, change: Callable[[list[Key]], list[Key]]) -> None:
    """Puts a new file in the old one's place: who reads it finds the one or the other, whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(path):
            text = msgspec.json.format(msgspec.json.encode(change(read(path))))
            draft = path.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text + b"\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
    except OSError as error:
        raise UsageError(f"cannot keep keys in {path}: {error.strerror}") from None
