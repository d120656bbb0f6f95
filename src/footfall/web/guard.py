"""Who may talk to a dashboard, and what its pages may do: checks of each request, headers of each answer.

A page elsewhere must not reach a loopback dashboard through its visitor. So the Host header has to name this
machine (a rebound name does not), and a POST has to come from our own page or from no page at all, as JSON.
Another site may link to our pages; what reads the store is not fetched from there, which would cost its time.
The content security policy allows our own files only; styles that CodeMirror makes carry the answer's nonce.
"""

import secrets
from urllib.parse import urlsplit

from quart import Request, Response, g

from footfall.config import LOOPBACK, Config
from footfall.errors import CallersFault, Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = frozenset({"/login", "/logout"})  # a browser sends them without a script
DATA = ("/api/", "/events")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def check_request(request: Request, config: Config) -> None:
    """Refuses a request that another site's page may have made; raises `Forbidden` or `CallersFault`."""
    _check_host(request, config)
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.path.startswith(DATA):
        raise Forbidden("another site's page may not fetch what is here", name="FOREIGN_ORIGIN")
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Forbidden(f"a page of {origin} may not send requests here", name="FOREIGN_ORIGIN")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("another site's page may not send requests here", name="FOREIGN_ORIGIN")
    if request.mimetype != "application/json" and request.path not in FORMS:
        raise CallersFault(
            f"the body is {request.mimetype or 'of no type'}; it takes application/json",
            name="UNSUPPORTED_MEDIA_TYPE",
            code=415,
        )


def asked_name(request: Request) -> str:
    """The name or address of this machine that the Host header gives; empty where it gives none."""
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:  # such as `[1:::]`
        return ""


def _check_host(request: Request, config: Config) -> None:
    """On loopback the Host header names loopback; behind another bind a proxy may give any name."""
    if config.host in LOOPBACK and asked_name(request) not in LOOPBACK:
        host = request.headers.get("Host", "")[:100]
        raise Forbidden(
            f"the Host header is {host!r}; it takes {', '.join(sorted(LOOPBACK))}", name="FOREIGN_HOST"
        )


def nonce() -> str:
    """The nonce of this answer's styles."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    value: str = g.nonce
    return value


def secure(response: Response, config: Config) -> Response:
    """Adds the headers that every answer carries; one that needs a login is nobody else's to keep."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    styles = f"'self' 'nonce-{g.nonce}'" if "nonce" in g else "'self'"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        f"style-src {styles}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    kept = "no-cache" if config.host in LOOPBACK else "private, no-cache"
    response.headers.setdefault("Cache-Control", kept)
    return response
