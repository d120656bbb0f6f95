"""Who may send: the write key, and where a request may come from.

A key comes as `Authorization: Bearer KEY` or as the user of Basic. A web page must not reach a loopback
ingest through its visitor's browser: other origins are refused, and on loopback every other host name, which
is what DNS rebinding needs. No CORS header is ever sent.
"""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from footfall.config import LOOPBACK, Config
from footfall.errors import Forbidden, Unauthorized


def key_name(headers: Mapping[str, str], config: Config) -> str:
    """The name of the key that a request bears; raises `Unauthorized` where it bears none of ours."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    key = value.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    elif scheme.lower() != "bearer":
        raise Unauthorized("send the write key as `Authorization: Bearer KEY` or as the user of Basic")
    if not hmac.compare_digest(key.encode(), config.write_key.encode()):
        raise Unauthorized("this write key is not known; `footfall config --secrets` shows it")
    return "default"


def check_origin(headers: Mapping[str, str], config: Config) -> None:
    """Raises `Forbidden` for a request that a foreign web page made."""
    host = headers.get("host", "")
    if config.host in LOOPBACK and not _is_loopback(_name(host)):
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


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or "localhost"  # HTTP/1.0 may name none
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
