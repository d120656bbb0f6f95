"""How each process of the stack is, and how much of what was sent is rejected: a board for every page.

Each process is asked over HTTP as any client would; what it says of itself is shown as it says it. The error
rate is counted from ingest's own metrics over `OVER_S` seconds, so that it needs no store. Nothing private is
in it: viewers see it too.
"""

import asyncio
import logging
import re
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import aiohttp
import msgspec

from footfall.config import Config
from footfall.live.hub import Hub

PERIOD_S: Final = 3.0
OVER_S: Final = 60.0
LIMIT_S: Final = 2.0
KIND: Final = "health"
_ITEMS = re.compile(
    r'^footfall_ingest_items_total\{[^}]*outcome="(?P<outcome>[a-z]+)"[^}]*\} (?P<count>[0-9.e+]+)$', re.M
)
_log = logging.getLogger("footfall.live")


@dataclass(frozen=True, slots=True)
class Process:
    """One process: whether it answers, in how many milliseconds, and what it says of itself."""

    process: str
    state: str
    ms: float | None
    about: dict[str, Any] = field(default_factory=dict)


class Health:
    """Asks the processes now and again while somebody watches, and publishes what they say."""

    def __init__(self, config: Config, hub: Hub) -> None:
        self._config = config
        self._hub = hub
        self._samples: deque[tuple[float, dict[str, float]]] = deque()

    async def run_forever(self) -> None:
        """Asks until it is cancelled."""
        limit = aiohttp.ClientTimeout(total=LIMIT_S)
        async with aiohttp.ClientSession(timeout=limit) as session:
            while True:
                await self._hub.woken.wait()
                try:
                    self._hub.publish(KIND, await self._board(session))
                except Exception:
                    _log.exception("the health of the processes cannot be read")
                await asyncio.sleep(PERIOD_S)

    async def _board(self, session: aiohttp.ClientSession) -> dict[str, Any]:
        config = self._config
        processes = await asyncio.gather(
            _ask(session, "engine", f"{config.store_url}/ping"),
            _ask(session, "ingest", f"{config.url('ingest')}/readyz"),
            _ask(session, "dashboard", f"{config.url('dashboard')}/healthz"),
        )
        about = {"subscribers": self._hub.subscribers, "missed_frames": self._hub.missed_frames}
        own = Process("live", "ok", 0.0, about)
        errors = await self._errors(session)
        return {"data": [asdict(process) for process in (*processes, own)], "errors": errors}

    async def _errors(self, session: aiohttp.ClientSession) -> dict[str, Any] | None:
        """Items rejected of those sent over the last minute; None where ingest does not say."""
        try:
            async with session.get(f"{self._config.url('ingest')}/metrics") as response:
                counts = items(await response.text())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        now = time.monotonic()
        if self._samples and sum(counts.values()) < sum(self._samples[-1][1].values()):
            self._samples.clear()  # ingest was started anew
        self._samples.append((now, counts))
        while self._samples[0][0] < now - OVER_S:
            self._samples.popleft()
        first_at, first = self._samples[0]
        sent = {name: counts.get(name, 0.0) - first.get(name, 0.0) for name in ("accepted", "rejected")}
        total = sum(sent.values())
        rate = round(100 * sent["rejected"] / total, 4) if total else None
        return {**sent, "rate_pct": rate, "over_s": round(now - first_at)}


def items(metrics: str) -> dict[str, float]:
    """Items by what came of them, from ingest's metrics."""
    counts: dict[str, float] = {}
    for found in _ITEMS.finditer(metrics):
        counts[found["outcome"]] = counts.get(found["outcome"], 0.0) + float(found["count"])
    return counts


async def _ask(session: aiohttp.ClientSession, name: str, url: str) -> Process:
    began = time.perf_counter()
    try:
        async with session.get(url) as response:
            body = await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Process(name, "no answer", None)
    ms = round((time.perf_counter() - began) * 1000, 1)
    about = _about(body) if response.content_type == "application/json" else {}
    return Process(name, "ok" if response.status == 200 else "not ready", ms, about)


def _about(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
