"""The answer to one request: headers, compression, and errors before or after its first byte.

An error before the first byte gets its own HTTP status. One after it ends the stream with ClickHouse's marked
block and breaks the chunked encoding, so that no client takes half a result for a whole.
"""

import asyncio
import secrets
import string
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from footfall.engine import codecs, protocol
from footfall.engine.exceptions import EngineError

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
IN_THREAD = 128 << 10
_TAG_LETTERS = string.ascii_lowercase + string.digits


class Answer:
    """Collects headers, then sends one body or a stream."""

    def __init__(self, send: Send, host: str, version: str) -> None:
        self._send = send
        self._version = version
        self._encoder: codecs.Encoder | None = None
        self._tag = ""
        self.started = False
        self.headers = {
            "X-ClickHouse-Server-Display-Name": host,
            "X-ClickHouse-Timezone": "UTC",
            "Content-Type": "text/plain; charset=UTF-8",
        }

    def encode_as(self, encoding: str | None, level: int) -> None:
        """Compresses what is sent from here on."""
        if encoding is not None:
            self._encoder = codecs.encoder(encoding, level)
            self.headers["Content-Encoding"] = encoding
            self.headers["Vary"] = "Accept-Encoding"

    async def whole(self, body: bytes, status: int = 200) -> None:
        """Sends an answer that is complete."""
        if self._encoder is not None:
            body = self._encoder.encode(body) + self._encoder.finish()
        self.headers["Content-Length"] = str(len(body))
        await self._start(status)
        await self._send({"type": "http.response.body", "body": body})

    async def stream(self, pieces: AsyncIterator[bytes]) -> None:
        """Sends pieces as they come; an `EngineError` among them ends the stream as ClickHouse does."""
        self._tag = "".join(secrets.choice(_TAG_LETTERS) for _ in range(16))
        self.headers["X-ClickHouse-Exception-Tag"] = self._tag
        await self._start(200)
        try:
            async for piece in pieces:
                if out := await self._encode(piece):
                    await self._send({"type": "http.response.body", "body": out, "more_body": True})
        except EngineError as error:
            await self._break_off(error)
            raise
        last = self._encoder.finish() if self._encoder is not None else b""
        await self._send({"type": "http.response.body", "body": last})

    async def error(self, error: EngineError) -> None:
        """Sends an error instead of an answer."""
        self._encoder = None
        for name in ("Content-Encoding", "X-ClickHouse-Format", "Content-Disposition"):
            self.headers.pop(name, None)
        self.headers["Content-Type"] = "text/plain; charset=UTF-8"
        self.headers["X-ClickHouse-Exception-Code"] = str(error.code)
        if error.status == 401:
            self.headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        if error.status == 503:
            self.headers["Retry-After"] = "1"
        await self.whole((error.text(self._version) + "\n").encode(errors="replace"), error.status)

    async def _start(self, status: int) -> None:
        self.started = True
        await self._send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": protocol.raw_headers(self.headers.items()),
            }
        )

    async def _encode(self, piece: bytes) -> bytes:
        if self._encoder is None:
            return piece
        if len(piece) < IN_THREAD:
            return self._encoder.encode(piece)
        return await asyncio.to_thread(self._encoder.encode, piece)

    async def _break_off(self, error: EngineError) -> None:
        text = error.text(self._version).encode(errors="replace") + b"\n"
        tag = self._tag.encode()
        block = (
            b"\r\n__exception__\r\n"
            + tag
            + b"\r\n"
            + text
            + f"{len(text)} ".encode()
            + tag
            + b"\r\n__exception__\r\n"
        )
        if self._encoder is not None:
            block = self._encoder.encode(block) + self._encoder.finish()
        await self._send({"type": "http.response.body", "body": block, "more_body": True})
