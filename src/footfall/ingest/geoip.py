"""Countries of addresses, from a database file in MaxMind's format (`geoip_database`).

The file is read through a copy without a name, so a new one may be written over it in any way; it is looked
at every `LOOK_S` seconds and read anew when it has changed. Where there is none, or it cannot be read,
addresses have no country, and the log says so once. No address is kept or logged.
"""

import logging
import shutil
import tempfile
import time
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import maxminddb

LOOK_S: Final = 2.0

_log = logging.getLogger(__name__)


@cache
def shared(path: Path) -> "GeoIp":
    """The one reader of a file in this process: so the log says once what there is to say of it."""
    return GeoIp(path)


class GeoIp:
    """The countries of a database file that may change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: maxminddb.Reader | None = None
        self._version: tuple[int, ...] | None = ()
        self._looked = 0.0

    def country(self, address: str) -> str | None:
        """The ISO code of an address's country; None where the file does not tell."""
        if time.monotonic() - self._looked > LOOK_S:
            self._look()
        if self._reader is None:
            return None
        try:
            given = ip_address(address)
            found = self._reader.get(getattr(given, "ipv4_mapped", None) or given)
        except (ValueError, maxminddb.InvalidDatabaseError):  # no address; or an IPv6 one in a file without
            return None
        return _code(found, "country") or _code(found, "registered_country")

    def _look(self) -> None:
        self._looked = time.monotonic()
        try:
            found = self._path.stat()
            version = (found.st_mtime_ns, found.st_size, found.st_ino)
        except OSError:
            version = None
        if version == self._version:
            return
        self._version = version
        try:
            self._reader = _opened(self._path)
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            kept = "its last content holds" if self._reader else "events get no country from it"
            _log.error("the GeoIP database cannot be read (%s); %s", type(error).__name__, kept)
        else:
            _log.info("the GeoIP database is read")


def _opened(path: Path) -> maxminddb.Reader:
    with tempfile.NamedTemporaryFile(suffix=".mmdb") as copy:
        with path.open("rb") as file:
            shutil.copyfileobj(file, copy)
        copy.flush()
        return maxminddb.open_database(copy.name)


def _code(found: Any, field: str) -> str | None:
    country = found.get(field) if isinstance(found, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else None
    return code if isinstance(code, str) and code else None
