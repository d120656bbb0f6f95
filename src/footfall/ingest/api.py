"""Ingest's HTTP interface: what docs/api.md describes, over `Receiver`.

Every error has the one shape of `footfall.errors`; a 5xx never tells what a shop sent.
"""

import asyncio
import contextlib
import logging
import secrets
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http.client import HTTPException as HTTPProtocolError
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from footfall.config import Config
from footfall.errors import CallersFault, FootfallError, NotFound
from footfall.ingest import (
    access,
    agents,
    body,
    chunks,
    early,
    ids,
    kept,
    openapi,
    quota,
    receipts,
)
from footfall.ingest.browser.beacon import Beacon
from footfall.ingest.crew import Crew
from footfall.ingest.inbox import Inbox
from footfall.ingest.keys import Keys
from footfall.ingest.metrics import InboxState, Metrics
from footfall.ingest.receive import Receiver
from footfall.ingest.receive import Request as Asked
from footfall.ingest.segment import answers, envelope, message
from footfall.model import KINDS, ItemKind

BODIES_LIMIT_BYTES: Final = 128 << 20
UNKNOWN_LIMIT_BYTES: Final = 1 << 20
UNKNOWN_BODIES_LIMIT_BYTES: Final = 16 << 20
RETRY_AFTER_S: Final = "1"
_PING_S: Final = 2.0
_TRUE: Final = frozenset({"1", "true", "yes"})
_KINDS_BY_PATH: Final = {f"/v1/{kind}": kind for kind in KINDS}

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """The endpoints, and what they share."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.keys = Keys(config)
        self.metrics = Metrics()
        bounds = ids.Bounds(config.ids_reach_hours * 3_600_000, config.ids_limit)
        self.inbox = Inbox(config.data_dir / "inbox", config.inbox_limit_bytes, bounds)
        self.receiver = Receiver(config, self.inbox, self.metrics)
        self.beacon = Beacon(config, self.keys, self.inbox, self.metrics)
        self.crew = Crew(config, self.inbox, self.metrics)
        self.bodies = body.Budget(max(BODIES_LIMIT_BYTES, 2 * config.body_limit_bytes))
        self.unknown_bodies = body.Budget(UNKNOWN_BODIES_LIMIT_BYTES)
        self.metrics.watch(self._state)
        self.metrics.watch_letters(lambda: quota.totals(self.receiver.reader))

    def _state(self) -> InboxState:
        reader = self.receiver.reader
        return InboxState(
            chunks.sizes(reader), chunks.oldest(reader), kept.totals(reader)[:2], early.totals(reader)
        )

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/footfall.js", self._answering(self.beacon.script), methods=["GET"]),
            Route("/v1/browser", self._answering(self.beacon.take), methods=["POST", "OPTIONS"]),
            Route("/v1/receipts/{batch_id}", self._guarded(self.receipt), methods=["GET"]),
            *(
                Route(f"/v1/{path}", self._guarded(self.messages), methods=["POST"])
                for path in sorted(envelope.PATHS)
            ),
            Route("/v1/{kind}", self._guarded(self.no_kind), methods=["POST"]),
            Route("/healthz", self._guarded(self.healthz), methods=["GET"]),
            Route("/readyz", self._guarded(self.readyz), methods=["GET"]),
            Route("/openapi.json", self._guarded(self.openapi), methods=["GET"]),
            Route("/metrics", self._guarded(self.prometheus), methods=["GET"]),
        ]
        handlers = {HTTPException: _http_error}
        return _App(self._items, routes=routes, lifespan=self._life, exception_handlers=handlers)

    async def _items(self, kind: ItemKind, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(self.post(kind, scope, receive))
        await response(scope, receive, send)

    async def no_kind(self, request: Request) -> Response:
        """Says where items go."""
        access.sender(request.headers, self.keys)
        kind = request.path_params["kind"]
        raise NotFound(f"there is no /v1/{kind[:100]}; items go to {', '.join(f'/v1/{k}' for k in KINDS)}")

    async def post(self, kind: ItemKind, scope: Scope, receive: Receive) -> Response:
        """Takes items of one kind."""
        headers = _headers(scope)
        access.check_origin(headers, self.config)
        key = access.sender(headers, self.keys)
        access.require(key, kind)
        query = QueryParams(scope["query_string"]) if scope["query_string"] else {}
        asked = Asked(kind, key.name, _source(headers), _waits(query), key.rights, _sent_ms(headers, query))
        reader = body.Reader(self.config.body_limit_bytes, self.bodies)
        try:
            receipt, queryable = await self.receiver.receive(asked, await reader.read(headers, receive))
        finally:
            reader.close()
        return _json(receipt, 200 if queryable else 202)

    async def messages(self, request: Request) -> Response:
        """Takes messages of an SDK; its key must be one for items of every kind, for messages come to all."""
        try:
            receipt = await self._messages(request, request.url.path.rpartition("/")[2])
        except FootfallError as error:
            return _error(answers.refused(error))
        return _json(answers.taken(receipt))

    async def _messages(self, request: Request, path: str) -> receipts.Receipt:
        limit, budget = self.config.body_limit_bytes, self.bodies
        key = None
        if "authorization" in request.headers:
            key = access.sender(request.headers, self.keys)
        else:  # the key stands in the body: nobody known, who gets little room, and none of the others'
            limit, budget = min(limit, UNKNOWN_LIMIT_BYTES), self.unknown_bodies
        reader = body.Reader(limit, budget)
        try:
            received = await reader.read(request.headers, request.receive, any_type=True)
            read = envelope.read(path, received.text)
            key = key or access.sender({"authorization": f"Bearer {read.write_key or ''}"}, self.keys)
            for kind in KINDS:
                access.require(key, kind)
            source = "import" if path == "import" else _source(request.headers)
            asked = Asked("messages", key.name, source, _waits(request.query_params))
            receipt, _ = await self.receiver.receive_messages(asked, read, cut=received.cut)
        finally:
            reader.close()
        return receipt

    async def receipt(self, request: Request) -> Response:
        """What was answered to an earlier request, and what has been decided since."""
        access.sender(request.headers, self.keys)
        try:
            batch_id = uuid.UUID(request.path_params["batch_id"])
        except ValueError:
            raise NotFound("a batch's id is a UUID") from None
        found = receipts.find(self.receiver.reader, batch_id.bytes)
        if found is None:
            raise NotFound("there is no receipt of this batch; receipts are kept for 7 days")
        return _json(found)

    async def healthz(self, _: Request) -> Response:
        """Whether this process answers: it accepts items even where the store is away."""
        return _json({"status": "ok"})

    async def readyz(self, _: Request) -> Response:
        """Whether the whole way is open: an inbox with room that can be written, and a store that answers."""
        reader = self.receiver.reader
        inbox = self._state()
        used = sum(size for _, size in inbox.sizes.values())
        oldest = inbox.oldest
        since, count = ids.reach(reader)
        reachable = await asyncio.to_thread(_answers, f"{self.config.store_url}/ping")
        writable = await self.inbox.writable()
        accepting = writable and used < self.config.inbox_limit_bytes
        state = {
            "ready": accepting and reachable,
            "accepting": accepting,
            "store_reachable": reachable,
            "writes": self.crew.writes,
            "inbox": {
                "writable": writable,
                "rows": sum(rows for rows, _ in inbox.sizes.values()),
                "bytes": used,
                "limit_bytes": self.config.inbox_limit_bytes,
                "oldest_age_ms": None if oldest is None else max(0, _now_ms() - oldest),
            },
            "kept": {
                "rows": inbox.kept[0],
                "bytes": inbox.kept[1],
                "limit_bytes": kept.KEPT_LIMIT_BYTES,
            },
            "waiting_changes": inbox.early[0],
            "ids": {"remembered": count, "reach_ms": max(0, _now_ms() - since)},
        }
        return _json(state, 200 if state["ready"] else 503)

    async def prometheus(self, _: Request) -> Response:
        """Metrics for Prometheus."""
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def openapi(self, _: Request) -> Response:
        """The description of this interface."""
        return _json(openapi.describe())

    def _guarded(self, handler: Handler) -> Handler:
        """As `_answering`, of a request that no foreign web page made."""

        async def endpoint(request: Request) -> Response:
            access.check_origin(request.headers, self.config)
            return await handler(request)

        return self._answering(endpoint)

    def _answering(self, handler: Handler) -> Handler:
        """Turns errors into answers, counts answers."""

        async def endpoint(request: Request) -> Response:
            return await self._answer(handler(request))

        return endpoint

    async def _answer(self, answer: Awaitable[Response]) -> Response:
        try:
            response = await answer
        except FootfallError as error:
            response = _error(error)
        except ClientDisconnect:
            response = Response(status_code=400)
        except Exception:
            number = secrets.token_hex(8)
            _log.exception("request %s failed", number)
            response = _error(FootfallError(f"something went wrong here; the log names it {number}"))
        self.metrics.answered(response.status_code)
        return response

    @contextlib.asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        self.crew.start()
        loading = asyncio.create_task(asyncio.to_thread(agents.describe, ""))  # before the first one comes
        try:
            yield
        finally:
            await loading
            await asyncio.to_thread(self.crew.stop)
            self.receiver.close()
            await asyncio.to_thread(self.inbox.close)


class _App(Starlette):
    """The framework, and past its layers a short way for nearly all requests: those that bring items."""

    def __init__(
        self, items: Callable[[ItemKind, Scope, Receive, Send], Awaitable[None]], **options: Any
    ) -> None:
        super().__init__(**options)
        self._items = items

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        brings = scope["type"] == "http" and scope["method"] == "POST"
        if brings and (kind := _KINDS_BY_PATH.get(scope["path"])):
            await self._items(kind, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _headers(scope: Scope) -> dict[str, str]:
    """A request's headers by their names; the first holds where one is given twice."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


def _source(headers: Mapping[str, str]) -> str:
    if headers.get("x-footfall-replay", "") in _TRUE:
        return "replay"
    return "import" if headers.get("x-footfall-import", "") in _TRUE else "http"


def _waits(query: Mapping[str, str]) -> bool:
    return query.get("wait", "").lower() in _TRUE


def _sent_ms(headers: Mapping[str, str], query: Mapping[str, str]) -> int | None:
    """When the request says that it was sent, by the clock that wrote its times."""
    text = headers.get("x-footfall-sent-at", "") or query.get("sent_at", "")
    if not text:
        return None
    try:
        said: float | str = float(text)
    except ValueError:
        said = text
    sent_ms = message.sent(said)
    if sent_ms is None:
        raise CallersFault("X-Footfall-Sent-At must be a time such as 2025-01-31T12:00:00.000Z")
    return sent_ms


def _json(value: Any, status: int = 200) -> Response:
    return Response(_encode(value), status, media_type="application/json")


def _error(error: FootfallError) -> Response:
    response = _json(error.to_json(), error.code)
    if error.code in {429, 503}:
        response.headers["Retry-After"] = RETRY_AFTER_S
    if error.code == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="footfall"'
    return response


async def _http_error(_: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such path, no such method) in our shape."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:
        return _error(NotFound("there is no such path; docs/api.md lists them"))
    response = _error(CallersFault(error.detail, name="METHOD_NOT_ALLOWED", code=error.status_code))
    response.headers.update(error.headers or {})
    return response


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_PING_S) as response:  # noqa: S310
            return bool(response.status == 200)
    except (OSError, HTTPProtocolError):  # it is away, or ends in the middle of its answer
        return False


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
