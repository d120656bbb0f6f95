"""The body of a request: its type and encoding, within bounds.

What arrived of a body that ends in the middle (its gzip stream does, or its connection breaks) is a body,
too, and says so: its whole items count, and who sends it again doubles nothing.

Nothing is ever decompressed beyond the limit, and all requests together hold at most `Budget.limit` bytes:
beyond it the answer is 429.
"""

import asyncio
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.types import Receive

from footfall.errors import CallersFault, Overloaded

# Types of one JSON value, or of one a line. A missing type is taken for JSON.
_JSON = frozenset({"", "application/json", "text/json"})
_NDJSON = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
_GZIP = 31  # zlib's window for gzip's head and checksum
_STEP = 1 << 20
RECEIVE_LIMIT_S = 120


class Budget:
    """Bytes of bodies that all requests together may hold."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def take(self, count: int) -> None:
        """Adds to what is used; raises `Overloaded` where that is too much."""
        if self.used + count > self.limit:
            raise Overloaded("too many bytes are being received at once")
        self.used += count

    def give_back(self, count: int) -> None:
        self.used -= count


@dataclass(slots=True)
class Body:
    """A body's text; `cut`: what ended in the middle, "" where nothing did."""

    text: bytes
    ndjson: bool
    cut: str = ""


class Reader:
    """Reads one body; its bytes count against the budget until `close`."""

    def __init__(self, limit: int, budget: Budget) -> None:
        self._limit = limit
        self._budget = budget
        self._held = 0

    async def read(self, headers: Mapping[str, str], receive: Receive, *, any_type: bool = False) -> Body:
        """Raises `CallersFault` (413, 415, 422) or `Overloaded`; `any_type`: JSON, whatever its type says."""
        ndjson = not any_type and _is_ndjson(headers)
        gzip = _is_gzip(headers)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._limit:
            raise self._too_large()
        try:
            async with asyncio.timeout(RECEIVE_LIMIT_S):
                return await self._receive(receive, ndjson=ndjson, unpack=_Gunzip() if gzip else None)
        except TimeoutError:
            raise CallersFault(
                f"the body did not arrive within {RECEIVE_LIMIT_S} s", name="BODY_TIMEOUT", code=408
            ) from None

    async def _receive(self, receive: Receive, *, ndjson: bool, unpack: "_Gunzip | None") -> Body:
        held = bytearray()  # one block that grows: what many small ones leave free stays with the process
        received = 0
        cut = ""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                cut = f"the connection broke after {received} bytes"
                break
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            if not chunk:
                continue
            received += len(chunk)
            if not held and not more and not unpack:  # nearly every small body is there at once
                self._hold(received)
                return Body(chunk, ndjson)
            for text in unpack.feed(chunk) if unpack else (chunk,):
                self._hold(len(text))
                held += text
        if not cut and unpack and unpack.cut:
            cut = f"the gzip stream ends in the middle, after {received} bytes"
        return Body(bytes(held), ndjson, cut)

    def close(self) -> None:
        """Gives the bytes back to the budget."""
        self._budget.give_back(self._held)
        self._held = 0

    def _hold(self, count: int) -> None:
        if self._held + count > self._limit:
            raise self._too_large()
        self._budget.take(count)
        self._held += count

    def _too_large(self) -> CallersFault:
        return CallersFault(
            f"the body is over {self._limit} bytes: send it in parts", name="BODY_TOO_LARGE", code=413
        )


class _Gunzip:
    """Unpacks a gzip stream, of several members too, in bounded steps."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._begun = False

    @property
    def cut(self) -> bool:
        """Whether the stream ended in the middle of a member."""
        return self._begun and not self._member.eof

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What `chunk` unpacks to, 1 MiB at a time: who takes no more, unpacks no more."""
        while True:
            if self._member.eof and chunk:
                self._member = zlib.decompressobj(_GZIP)
            self._begun = True
            try:
                text = self._member.decompress(chunk, _STEP)
            except zlib.error as error:
                raise CallersFault(
                    f"the body is no gzip: {error}", name="INVALID_ENCODING", code=422
                ) from None
            if text:
                yield text
            chunk = self._member.unconsumed_tail or self._member.unused_data
            if not chunk and (self._member.eof or len(text) < _STEP):
                return


def _is_ndjson(headers: Mapping[str, str]) -> bool:
    type_, _, parameters = headers.get("content-type", "").partition(";")
    type_ = type_.strip().lower()
    charset = parameters.lower().replace(" ", "").partition("charset=")[2].split(";")[0].strip('"')
    if charset not in {"", "utf-8", "utf8", "us-ascii"}:
        raise _unsupported(f"the body's charset must be UTF-8, not {charset[:40]}")
    if type_ in _NDJSON:
        return True
    if type_ in _JSON:
        return False
    raise _unsupported(f"Content-Type must be application/json or application/x-ndjson, not {type_[:100]}")


def _is_gzip(headers: Mapping[str, str]) -> bool:
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return False
    if encoding in {"gzip", "x-gzip"}:
        return True
    raise _unsupported(f"Content-Encoding must be gzip or none, not {encoding[:100]}")


def _unsupported(message: str) -> CallersFault:
    return CallersFault(message, name="UNSUPPORTED_MEDIA_TYPE", code=415)
