"""Who may see what: everything on loopback; elsewhere what a role allows, after a login or with a token.

Each route needs the role viewer unless it says otherwise: `@public` needs none, `@admin_only` needs admin,
and the check runs on the server before any handler. A browser logs in at `/login` and gets a cookie that
scripts cannot read and other sites' requests do not carry; a program sends a password as a bearer token.
Wrong passwords are counted by address, of IPv6 by /64, and hashed two at a time, so that guessing costs the
guesser most.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import quote

from quart import Quart, Response, g, redirect, render_template, request
from starlette.requests import Request as Connection

from footfall.config import LOOPBACK, Config, networks
from footfall.errors import Forbidden, Overloaded, Unauthorized
from footfall.web.credentials import SESSION_S, Attempts, Passwords, Role, Sessions

COOKIE: Final = "footfall_session"
HASHING: Final = 2
LONGEST_PASSWORD: Final = 1024
TOKENS: Final = 64

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Marks a route that needs no login."""
    view.needs = None  # type: ignore[attr-defined]
    return view


def admin_only(view: View) -> View:
    """Marks a route that viewers are refused."""
    view.needs = "admin"  # type: ignore[attr-defined]
    return view


class Login:
    """Checks each request's role; one an application."""

    def __init__(self, config: Config) -> None:
        self.open = config.host in LOOPBACK
        self._proxies = networks(config.trusted_proxies)
        self._sessions = Sessions(config)
        self._attempts = Attempts()
        self._hashing = asyncio.Semaphore(HASHING)
        self._tokens: dict[bytes, Role] = {}
        self._passwords = None if self.open else Passwords(config)

    def add_to(self, app: Quart) -> None:
        """Adds the check and the routes of logging in and out."""

        @app.before_request
        async def check() -> Any:
            return await self._check(app.view_functions.get(request.endpoint or ""))

        @app.get("/login")
        @public
        async def login_page() -> Any:
            return await self._page()

        @app.post("/login")
        @public
        async def log_in() -> Any:
            return await self._log_in()

        @app.post("/logout")
        @public
        async def log_out() -> Any:
            response = redirect("/login", 303)
            response.delete_cookie(COOKIE, httponly=True, samesite="Strict")
            return response

        app.context_processor(self._shown)

    async def _shown(self) -> dict[str, Any]:
        """What templates know: the role, and whether there is a login that can be ended."""
        return {"role": g.get("role", "viewer"), "with_login": not self.open}

    async def _check(self, view: Any) -> Any:
        """Lets the request pass, sends a browser to the login, or raises `Unauthorized` or `Forbidden`."""
        g.role = "admin" if self.open else await self._role()
        needed = getattr(view, "needs", "viewer")
        if needed is None or g.role == "admin" or g.role == needed:
            return None
        if g.role is not None:
            raise Forbidden("this is for the role admin; you are logged in as viewer", name="NOT_FOR_VIEWERS")
        if request.method == "GET" and request.accept_mimetypes.accept_html and _is_page(request.path):
            return redirect(f"/login?next={quote(request.full_path.rstrip('?'))}", 303)
        raise Unauthorized("log in at /login, or send a password as Authorization: Bearer")

    async def _role(self) -> Role | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return await self._role_of_token(token)
        return self._sessions.role_in(request.cookies.get(COOKIE, "..."))

    async def _role_of_token(self, token: str) -> Role | None:
        """As `_role_of`, remembered for tokens that were right: a program sends its own with each request."""
        known = hashlib.sha256(token.encode()).digest()
        if known not in self._tokens:
            role = await self._role_of(token)
            if role is None:
                return None
            if len(self._tokens) >= TOKENS:
                self._tokens.clear()
            self._tokens[known] = role
        return self._tokens[known]

    async def _role_of(self, password: str) -> Role | None:
        """The role of a password; raises `Overloaded` where its address has tried too often."""
        address = self._address()
        self._check_attempts(address)
        if self._passwords is None or len(password) > LONGEST_PASSWORD:
            return None
        async with self._hashing:
            self._check_attempts(address)  # of those that came at once, most were wrong meanwhile
            role = await asyncio.to_thread(self._passwords.role_of, password)
            if role is None:
                self._attempts.failed(address)
        return role

    def _check_attempts(self, address: bytes) -> None:
        if wait_s := self._attempts.wait_s(address):
            raise Overloaded(f"too many wrong passwords; try again in {wait_s} seconds", retry_after_s=wait_s)

    def _address(self) -> bytes:
        # Only a login needs it, and only away from loopback: the pages do without what ingest loads.
        from footfall.ingest.browser.beacon import client_address
        from footfall.ingest.browser.rates import subscriber

        return subscriber(client_address(Connection(dict(request.scope)), self._proxies))

    async def _page(self) -> Any:
        if self.open:
            return redirect("/", 303)
        return await render_template("login.html", wrong=False, next=_local(request.args.get("next", "")))

    async def _log_in(self) -> Any:
        form = await request.form
        following = _local(form.get("next", ""))
        role = await self._role_of(form.get("password", ""))
        if role is None:
            return Response(await render_template("login.html", wrong=True, next=following), 401)
        response = redirect(following, 303)
        response.set_cookie(
            COOKIE,
            self._sessions.issue(role),
            max_age=SESSION_S,
            httponly=True,
            samesite="Strict",
            secure=is_secure(),
        )
        return response


def is_secure() -> bool:
    """Whether the browser came by TLS, as far as a proxy says."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto") == "https"


def _is_page(path: str) -> bool:
    return not path.startswith(("/api/", "/static/")) and path not in {"/events", "/openapi.json"}


def _local(path: str) -> str:
    """A path of ours to go on to, else the start page. Browsers drop tabs and line breaks from one."""
    return path if re.fullmatch(r"/(?:[^/\\\x00-\x20\x7f][^\x00-\x20\x7f]*)?", path) else "/"
