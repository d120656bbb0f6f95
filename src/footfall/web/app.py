"""An application of ours: Quart with our headers, assets, pages and one shape of errors.

Every error is JSON `{"error": {code, name, message, …}}`, or a page that says the same to a browser that asks
for HTML. An error nobody foresaw tells the caller an id only; the log has the rest.
"""

import logging
import secrets
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
from quart import Quart, Response, render_template, request, send_from_directory
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp
from werkzeug.exceptions import HTTPException

from footfall.config import Config
from footfall.errors import CallersFault, FootfallError, NotFound, OurFault
from footfall.web import guard
from footfall.web.login import Login, is_secure, public
from footfall.web.whole import Whole

WEB = Path(__file__).parent
STATIC = WEB / "static"
MANIFEST = "manifest.json"
LONGEST_NAME = 100
FOREVER = "public, max-age=31536000, immutable"
BODY_LIMIT_BYTES = 1 << 20
RETRY_AFTER_S = 2
THEMES = frozenset({"light", "dark"})

_log = logging.getLogger("footfall.web")

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" '
    'fill="#0a5c9c"/><path d="M3 12V9h2v3zm4 0V4h2v8zm4 0V7h2v5z" fill="#fff"/></svg>'
)


def create_app(config: Config, page: Literal["dashboard", "live"]) -> Quart:
    """An application that serves `page` at `/`, its assets, its health and its errors."""
    app = Quart(f"footfall.{page}", static_folder=None, template_folder=str(WEB / "templates"))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    zipped: Any = GZipMiddleware(Whole(cast(ASGIApp, app.asgi_app)), minimum_size=1024, compresslevel=6)
    app.asgi_app = zipped  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {
        "shop_name": config.shop_name,
        "currency": config.currency,
        "asset": asset,
        "nonce": guard.nonce,
    }
    app.context_processor(_addresses(config, page))
    app.context_processor(_theme)
    app.before_request(_checked(config))
    Login(config).add_to(app)
    app.after_request(_secured(config))
    app.register_error_handler(FootfallError, _footfall_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen_error)
    _add_pages(app, page)
    return app


def _addresses(config: Config, page: str) -> Any:
    """Addresses of both pages, by the name under which this one was asked for, if any; one's own is empty."""
    ports = {"dashboard": config.dashboard_port, "live": config.live_port}

    async def addresses() -> dict[str, str]:
        asked = guard.asked_name(request)
        scheme = "https" if is_secure() else "http"
        host = f"[{asked}]" if ":" in asked else asked
        return {
            f"{name}_url": "" if name == page or not host else f"{scheme}://{host}:{port}"
            for name, port in ports.items()
        }

    return addresses


async def _theme() -> dict[str, str]:
    """The theme that the address asks for, else the one that was chosen; empty: as the system has it."""
    asked = request.args.get("theme") or request.cookies.get("theme", "")
    return {"theme": asked if asked in THEMES else ""}


def _checked(config: Config) -> Any:
    async def check() -> None:
        guard.check_request(request, config)

    return check


def _secured(config: Config) -> Any:
    async def secured(response: Response) -> Response:
        return guard.secure(response, config)

    return secured


def _add_pages(app: Quart, page: str) -> None:
    @app.get("/")
    async def index() -> str:
        return await render_template(f"{page}.html")

    if page == "dashboard":
        for kind in ("product", "user"):
            app.add_url_rule(f"/{kind}s/<id>", kind, _page_of(f"{kind}.html"), methods=["GET"])

    @app.get("/healthz")
    @public
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/icon.svg")
    @public
    async def icon() -> Response:
        return Response(_ICON, mimetype="image/svg+xml", headers={"Cache-Control": FOREVER})

    @app.get("/static/<name>")
    @public
    async def static_file(name: str) -> Response:
        if len(name) > LONGEST_NAME:
            raise NotFound(f"there is nothing at {request.path[:LONGEST_NAME]}…")
        response = await send_from_directory(STATIC, name)
        response.headers["Cache-Control"] = FOREVER
        return response


def _page_of(template: str) -> Any:
    async def shown(id: str) -> str:
        return await render_template(template, id=id)

    return shown


def asset(entry: str) -> str:
    """Path of a bundled file, such as `dashboard.js`."""
    try:
        names = msgspec.json.decode((STATIC / MANIFEST).read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        raise OurFault(
            "the front end is not built: run `npm ci && npm run build`, which `make setup` does",
            name="FRONT_END_MISSING",
        ) from None
    return f"/static/{names[entry]}"


async def _footfall_error(error: FootfallError) -> Response:
    response = await _as_error(error)
    if error.code in {429, 503}:
        response.headers["Retry-After"] = str(error.where.get("retry_after_s", RETRY_AFTER_S))
    if error.code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _http_error(error: HTTPException) -> Response:
    """Werkzeug's own errors (no such path, method not allowed, body too large) in our shape."""
    code = error.code or 500
    name = (error.name or "error").upper().replace(" ", "_")
    if code == 404:
        return await _as_error(NotFound(f"there is nothing at {request.path}"))
    shaped = CallersFault if code < 500 else OurFault
    response = await _as_error(shaped(error.description or error.name, name=name, code=code))
    if code == 405 and error.get_response().headers.get("Allow"):
        response.headers["Allow"] = error.get_response().headers["Allow"]
    return response


async def _unforeseen_error(error: Exception) -> Response:
    incident = secrets.token_hex(6)
    _log.error("error %s at %s", incident, request.path, exc_info=error)
    return await _as_error(OurFault(f"something went wrong here; the log names it {incident}", id=incident))


async def _as_error(error: FootfallError) -> Response:
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if best == "text/html" and not request.path.startswith("/api/"):
        built = (STATIC / MANIFEST).exists()  # else it is what the error may be about
        body, mimetype = await render_template("error.html", error=error, built=built), "text/html"
    else:
        body, mimetype = msgspec.json.encode(error.to_json(), enc_hook=str).decode(), "application/json"
    return Response(body, status=error.code, mimetype=mimetype)
