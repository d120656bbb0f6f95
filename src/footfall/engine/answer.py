"""The answer to one request: headers, compression, and errors before or after its first byte.

An error before the first byte gets its own HTTP status. One after it ends the stream with ClickHouse's marked
block and breaks the chunked encoding, so that no client takes half a result for a whole.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from footfall.engine import chance, codecs, protocol
from footfall.engine.blocks import Blocks
from footfall.engine.early import EarlyHeaders
from footfall.engine.exceptions import EngineError
from footfall.engine.pipe import Waiting
from footfall.engine.splice import Splice

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
IN_THREAD = 128 << 10
KEEP_ALIVE_S = 30
LONGEST_ERROR = (16 << 10) - 80
"""Size of an error within a stream: with its marks 16 KiB at the most, in which clients look for it."""
_TO_LETTERS = str.maketrans("0123456789", "ghijklmnop")


class Answer:
    """Collects headers, then sends one body or a stream."""

    def __init__(self, send: Send, host: str, version: str) -> None:
        self._send = send
        self._version = version
        self._encoder: codecs.Encoder | None = None
        self._in_blocks = False
        self._tag = chance.word().translate(_TO_LETTERS)
        self._early: EarlyHeaders | None = None
        self.started = False
        self.headers = {
            "X-ClickHouse-Server-Display-Name": host,
            "X-ClickHouse-Timezone": "UTC",
            "X-ClickHouse-Exception-Tag": self._tag,
            "Content-Type": "text/plain; charset=UTF-8",
            "Keep-Alive": f"timeout={KEEP_ALIVE_S}",
        }

    def in_blocks(self) -> None:
        """Sends what is sent from here on, errors too, in ClickHouse's own blocks."""
        self._in_blocks = True
        self._encoder = Blocks()

    def encode_as(self, encoding: str | None, level: int) -> None:
        """Compresses what is sent from here on."""
        if encoding is None:
            return
        outer = codecs.encoder(encoding, level)
        self._encoder = codecs.Both(self._encoder, outer) if self._encoder is not None else outer
        self.headers["Content-Encoding"] = encoding
        self.headers["Vary"] = "Accept-Encoding"

    async def early(self, headers: EarlyHeaders, name: str, value: str) -> None:
        """Sends a header line before the others; the answer's status is 200 from then on."""
        self._early = headers
        await headers.send(name, value)

    async def whole(self, body: bytes, status: int = 200) -> None:
        """Sends an answer that is complete."""
        if self._encoder is not None:
            body = await self._encode(body) + self._encoder.finish()
        self.headers["Content-Length"] = str(len(body))
        await self._start(status)
        await self._send({"type": "http.response.body", "body": body})

    @property
    def is_encoded(self) -> bool:
        """Whether bytes are sent otherwise than they come."""
        return self._encoder is not None

    async def stream(self, pieces: AsyncIterator[bytes | Waiting], shortcut: Splice | None = None) -> None:
        """Sends pieces as they come; an `EngineError` among them ends the stream as ClickHouse does.

        Those that wait in a pipe go through `shortcut`.
        """
        await self._start(200)
        try:
            async for piece in pieces:
                if isinstance(piece, Waiting):
                    assert shortcut is not None
                    await shortcut.chunk(piece)
                elif out := await self._encode(piece):
                    await self._send({"type": "http.response.body", "body": out, "more_body": True})
        except EngineError as error:
            await self._break_off(error)
            raise
        last = self._encoder.finish() if self._encoder is not None else b""
        await self._send({"type": "http.response.body", "body": last})

    async def error(self, error: EngineError) -> None:
        """Sends an error instead of an answer."""
        self._encoder = Blocks() if self._in_blocks else None
        for name in ("Content-Encoding", "X-ClickHouse-Format", "Content-Disposition"):
            self.headers.pop(name, None)
        self.headers["Content-Type"] = "text/plain; charset=UTF-8"
        self.headers["X-ClickHouse-Exception-Code"] = str(error.code)
        if error.status == 401:
            self.headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        if error.status == 503:
            self.headers["Retry-After"] = "1"
        if self._early is not None:
            self.headers["Connection"] = "close"
            await self._start(200)
            await self._break_off(error)
            # The header tells it: no half answer is there that could be taken for a whole.
            await self._send({"type": "http.response.body", "body": b""})
        else:
            await self.whole((error.text(self._version) + "\n").encode(errors="replace"), error.status)

    async def _start(self, status: int) -> None:
        self.started = True
        headers = protocol.raw_headers(self.headers.items())
        if self._early is not None:
            self._early.finish(headers)
        else:
            await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _encode(self, piece: bytes) -> bytes:
        if self._encoder is None:
            return piece
        if len(piece) < IN_THREAD:
            return self._encoder.encode(piece)
        return await asyncio.to_thread(self._encoder.encode, piece)

    async def _break_off(self, error: EngineError) -> None:
        text = error.text(self._version).encode(errors="replace")[:LONGEST_ERROR] + b"\n"
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
