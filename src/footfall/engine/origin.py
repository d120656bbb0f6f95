"""Where a request may come from: a web page must not reach the engine through its visitor's browser.

A browser says where a request comes from (`Origin`, `Sec-Fetch-Site`) and under which name it reached us
(`Host`). Other origins are refused, and on a loopback address every name that is not loopback's, which is
what DNS rebinding needs. No CORS header is ever sent.
"""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache

from footfall.config import LOOPBACK
from footfall.engine.exceptions import ACCESS_DENIED, EngineError

_HOST = re.compile(r"(?:\[(?P<address>[\da-fA-F:.]+)\]|(?P<name>[\w.-]+))(?::\d*)?", re.ASCII)


def check(headers: Mapping[str, str], bound_to: str) -> None:
    """Raises `EngineError` 497 for a request that a foreign web page made."""
    host = headers.get("host")
    if bound_to in LOOPBACK and host is not None and not _is_loopback(host):
        raise EngineError(
            ACCESS_DENIED, f"this engine listens on loopback and is not known as {host[:100]!r}"
        )
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        raise EngineError(ACCESS_DENIED, f"requests from the origin {origin[:100]!r} are not accepted")
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise EngineError(ACCESS_DENIED, "requests that another web page makes are not accepted")


def _name(host: str) -> str:
    """The name in `name:port`; empty where it is anything else."""
    found = _HOST.fullmatch(host)
    return (found["address"] or found["name"]).lower() if found else ""


@lru_cache(128)
def _is_loopback(host: str) -> bool:
    name = _name(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
