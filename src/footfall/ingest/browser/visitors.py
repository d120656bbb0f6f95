"""Who a visitor is, without cookies: an id for one site and one UTC day that cannot be traced back.

It is a hash of the site, the address and the user agent under the day's salt: 32 random bytes in a file that
all processes of the data folder share and that only its owner reads. With the new day a new salt takes its
place and the old one is gone, so the ids of two days cannot be compared, and nobody, Footfall included, can
compute a past day's id from an address. Addresses and user agents are not stored. Plausible counts the same
way. Two people behind one address with the same browser are one visitor, and who comes back tomorrow is new.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Final

SALT_BYTES: Final = 32
_DAY_S: Final = 86_400


class Visitors:
    """Ids of visitors of the day."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / "visitors.salt"
        self._clock = clock
        self._day = -1
        self._salt = b""

    def id(self, site: str, address: str, user_agent: str) -> str:
        """The visitor's id of today on a site; raises OSError where the salt can be neither read nor kept."""
        today = int(self._clock()) // _DAY_S
        if today != self._day:
            self._salt = self._shared(today)
            self._day = today
        digest = blake2b(key=self._salt, digest_size=16)
        for part in (site, address, user_agent):
            text = part.encode("utf-8", "surrogateescape")
            digest.update(len(text).to_bytes(4) + text)
        return digest.hexdigest()

    def _shared(self, today: int) -> bytes:
        """Today's salt of the data folder; the first process that asks makes it, over yesterday's."""
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            day, _, salt = file.read().partition(b" ")
            if day == str(today).encode() and len(salt) == SALT_BYTES:
                return salt
            salt = secrets.token_bytes(SALT_BYTES)
            file.seek(0)
            file.write(b"%d %s" % (today, salt))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
            return salt
