"""The beacon: `POST /v1/browser?key=…` and `/footfall.js`, the only doors that a foreign page may knock at.

The key stands in the URL, because `sendBeacon` sends no headers; it is public anyhow. The body is JSON (one
event, or an array) under any type: as `text/plain` it needs no preflight. CORS headers go to origins of the
key alone. Nothing is kept of a refused event but a count, and no receipt: a forger could fill both.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Sequence
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Raw
from starlette.requests import Request
from starlette.responses import Response

from footfall.config import Config, networks
from footfall.errors import (
    CallersFault,
    FootfallError,
    Forbidden,
    NotFound,
    OurFault,
    Overloaded,
    Unauthorized,
)
from footfall.ingest import enrich, events, receipts
from footfall.ingest.batch import Batch
from footfall.ingest.browser import page
from footfall.ingest.browser.rates import Rates
from footfall.ingest.browser.visitors import Visitors
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.inbox import Inbox
from footfall.ingest.keys import Key, Keys
from footfall.ingest.metrics import Metrics
from footfall.ingest.outcome import Entry, ItemError, Occurrences, Sender
from footfall.ingest.split import split

BODY_LIMIT_BYTES: Final = 64 << 10  # what sendBeacon takes
EVENTS_LIMIT: Final = 50
RECEIVE_LIMIT_S: Final = 10
SCRIPT_AGE_S: Final = 3_600
PREFLIGHT_AGE_S: Final = 7_200
SCRIPT: Final = Path(__file__).parents[2] / "web" / "static" / "footfall.js"

_encode = msgspec.json.Encoder().encode


class TooFast(Overloaded):
    """More events than a key, or an address, may send."""

    name = "TOO_FAST"

    def __init__(self, wait_s: float) -> None:
        super().__init__("too many events at once from this page or address: send them again later")
        self.retry_after = str(math.ceil(wait_s))


class Beacon:
    """Takes what browsers send into the inbox."""

    def __init__(self, config: Config, keys: Keys, inbox: Inbox, metrics: Metrics) -> None:
        self._keys = keys
        self._inbox = inbox
        self._metrics = metrics
        self._rules = Rules.of(config)
        self._proxies = networks(config.trusted_proxies)
        self._visitors = Visitors(config.data_dir)
        self._rates = Rates()

    async def take(self, request: Request) -> Response:
        """Answers a preflight, or keeps events; a page of the key may read the errors, too."""
        key, origin = self._allowed(request)
        headers = {"Access-Control-Allow-Origin": origin, "Vary": "Origin", "Cache-Control": "no-store"}
        if request.method == "OPTIONS":
            headers |= {
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "content-type",
                "Access-Control-Max-Age": str(PREFLIGHT_AGE_S),
            }
            return Response(status_code=204, headers=headers)
        try:
            if "1" in {request.headers.get("dnt"), request.headers.get("sec-gpc")}:
                return Response(status_code=204, headers=headers)
            answer = await self._keep(request, key, origin)
        except FootfallError as error:
            if error.code in {429, 503}:
                headers["Retry-After"] = getattr(error, "retry_after", "1")
            return Response(_encode(error.to_json()), error.code, headers, "application/json")
        return Response(_encode(answer), 202, headers, "application/json")

    async def script(self, request: Request) -> Response:
        """The snippet; browsers keep it for an hour and ask again whether it has changed."""
        try:
            text = SCRIPT.read_bytes()
        except OSError:
            raise NotFound("the front end is not built; `make setup` builds it") from None
        headers = {
            "Cache-Control": f"public, max-age={SCRIPT_AGE_S}",
            "ETag": f'"{sha256(text).hexdigest()[:16]}"',
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type="text/javascript")

    def _allowed(self, request: Request) -> tuple[Key, str]:
        """The browser key and the origin of its page; raises `Unauthorized` or `Forbidden`."""
        key = self._keys.find(request.query_params.get("key", ""))
        if key is None:
            raise Unauthorized("this key is not known; a page's script names its browser key in data-key")
        if not key.browser:
            raise Forbidden(
                "this key is for servers: whoever reads the page could send orders with it. Revoke it"
            )
        origin = request.headers.get("origin", "")
        if origin not in key.origins:
            raise Forbidden(f"the key {key.name} does not work on pages of {origin[:100] or 'no origin'}")
        return key, origin

    async def _keep(self, request: Request, key: Key, origin: str) -> dict[str, object]:
        items = _items(await _text(request))
        address = client_address(request, self._proxies)
        if wait_s := self._rates.take(key.digest, key.rate, address, len(items)):
            raise TooFast(wait_s)
        now_ms = time.time_ns() // 1_000_000
        sender = Sender(receipts.new_batch_id(now_ms), key.name, "browser", now_ms)
        good, errors = self._entries(items, key, sender, (page.site(origin), address, _agent(request)))
        for error in errors:
            self._metrics.rejected.labels("events", error.code).inc()
        counts = {"accepted": 0, "duplicate": 0, "rejected": len(errors)}
        if good:
            kept = await self._inbox.accept(Batch(sender.batch_id, good, [], receipt=False))
            counts |= {"accepted": kept.receipt.accepted, "duplicate": kept.receipt.duplicate}
        for outcome, count in counts.items():
            self._metrics.items.labels("events", outcome).inc(count)
            self._metrics.senders.labels(key.name, outcome).inc(count)
        if not good:
            message = f"no event could be used; the first: {errors[0].message}"
            raise CallersFault(message, name="UNPROCESSABLE", code=422, **counts, errors=errors)
        return counts | {"errors": errors}

    def _entries(
        self, items: Sequence[bytes | Raw], key: Key, sender: Sender, who: tuple[str, str, str]
    ) -> tuple[list[list[Entry]], list[ItemError]]:
        """Entries of the good events, and why the others are refused."""
        _, address, agent = who
        try:
            visitor = self._visitors.id(*who)
        except OSError as error:
            raise OurFault(f"the day's salt cannot be kept: {error.strerror}", code=503) from None
        good: list[list[Entry]] = []
        errors: list[ItemError] = []
        occurrences = Occurrences()
        for index, item in enumerate(items):
            raw = bytes(item)
            try:
                event = page.event(raw, key, visitor, sender.now_ms)
                event.user_agent, event.client_ip = agent, address
                enrich.enrich(event, self._rules.countries)
                if not agent:  # a browser always says what it is
                    enrich.mark_bot(event, "")
                good.append(events.entries(event, raw, sender, self._rules, occurrences))
            except Rejected as error:
                errors.append(ItemError(index, error.field, error.reason, error.message))
        return good, errors


def client_address(request: Request, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """The address that a request comes from: the connection's, or what trusted proxies say of it.

    Each proxy appends whom it heard from, so the list is read from its end: the first address that is not a
    trusted proxy's holds, and whatever stands before it may be made up.
    """
    address = request.client.host if request.client else ""
    with contextlib.suppress(ValueError):
        address = _plain(address)
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while forwarded and _within(address, proxies):
        said = forwarded.pop().strip()
        if not said:
            continue
        try:
            address = _plain(said)
        except ValueError:
            break
    return address


def _plain(address: str) -> str:
    """An address as it is written; one of IPv4 that came over IPv6 as IPv4. Raises ValueError."""
    given = ip_address(address)
    return str(getattr(given, "ipv4_mapped", None) or given)


def _within(address: str, proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        return any(ip_address(address) in network for network in proxies)
    except ValueError:
        return False


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


async def _text(request: Request) -> bytes:
    """The body, within bounds of size and time."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise CallersFault("a page's events come without Content-Encoding", name="INVALID_ENCODING", code=415)
    parts: list[bytes] = []
    held = 0
    try:
        async with asyncio.timeout(RECEIVE_LIMIT_S):
            async for part in request.stream():
                held += len(part)
                if held > BODY_LIMIT_BYTES:
                    message = f"the body is over {BODY_LIMIT_BYTES} bytes"
                    raise CallersFault(message, name="BODY_TOO_LARGE", code=413)
                parts.append(part)
    except TimeoutError:
        message = f"the body did not arrive within {RECEIVE_LIMIT_S} s"
        raise CallersFault(message, name="BODY_TIMEOUT", code=408) from None
    return b"".join(parts)


def _items(text: bytes) -> Sequence[bytes | Raw]:
    try:
        text.decode()
    except UnicodeDecodeError:
        raise CallersFault("the body is not UTF-8", name="UNPROCESSABLE", code=422) from None
    items = split(text, ndjson=False)
    if not items:
        raise CallersFault("the body holds no events", name="UNPROCESSABLE", code=422)
    if len(items) > EVENTS_LIMIT:
        raise CallersFault(
            f"a page sends at most {EVENTS_LIMIT} events at once", name="BODY_TOO_LARGE", code=413
        )
    return items
