"""Who may send: the write key and its rights, and where a request may come from.

A key comes as `Authorization: Bearer KEY` or as the user of Basic. A web page must not reach a loopback
ingest through its visitor's browser: other origins are refused, and on loopback every other host name, which
is what DNS rebinding needs. No CORS header is ever sent from here: pages send to the beacon of `browser`.
"""

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from footfall.config import LOOPBACK, Config
from footfall.errors import Forbidden, Unauthorized
from footfall.ingest.keys import Key, Keys
from footfall.model import Kind


def sender(headers: Mapping[str, str], keys: Keys) -> Key:
    """The key that a request bears; raises `Unauthorized` where it bears none of ours.

    A browser key is known and may do nothing here: that raises `Forbidden`.
    """
    scheme, _, value = headers.get("authorization", "").partition(" ")
    text = value.strip()
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(text, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            text = ""
    elif scheme.lower() != "bearer":
        raise Unauthorized("send the write key as `Authorization: Bearer KEY` or as the user of Basic")
    key = keys.find(text)
    if key is None:
        raise Unauthorized("this write key is not known; `footfall keys list` names those there are")
    if key.browser:
        raise Forbidden(f"the key {key.name} is for browsers, which send to /v1/browser alone")
    return key


def require(key: Key, kind: Kind) -> None:
    """Raises `Forbidden` where a key may not send items of that kind."""
    if kind not in key.rights:
        raise Forbidden(f"the key {key.name} may send {', '.join(key.rights)}, and no {kind}")


def check_origin(headers: Mapping[str, str], config: Config) -> None:
    """Raises `Forbidden` for a request that a foreign web page made."""
    host = headers.get("host", "")
    if config.host in LOOPBACK and not _is_loopback(host):
        raise Forbidden(f"this ingest listens on loopback and is not known as {host[:100]!r}")
    origin = headers.get("origin")
    if origin is not None and _netloc(origin) != host:
        raise Forbidden(f"requests from the origin {origin[:100]!r} are not accepted")
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Forbidden("requests that another web page makes are not accepted")


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


@lru_cache(maxsize=256)
def _is_loopback(host: str) -> bool:
    """Whether a `Host` header names this machine by its loopback."""
    try:
        name = urlsplit(f"//{host}").hostname or "localhost"  # HTTP/1.0 may name none
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
