"""Writes to the connection of an answer that has begun, past the application's layers.

Two thousand pages get each frame. Through generators, middleware and the server's send, a frame costs a page
ten times what its bytes cost. So the answer begins as any other, and goes on here, in the pieces of the
chunked encoding that the server has begun. The server still sees to it that the connection is closed.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from footfall.serve import Bounded

EXTENSION: Final = "footfall.answer"
ROOM_BYTES: Final = 64 << 10


class DirectProtocol(Bounded):
    """The server's protocol; its scopes have the answer to the request under `EXTENSION`."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {EXTENSION: self.cycle}


class Direct:
    """The connection of one answer whose first piece has been sent."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._cycle: RequestResponseCycle = scope["extensions"][EXTENSION]

    def has_room(self) -> bool:
        """Whether less than `ROOM_BYTES` of what was written are still here."""
        return self._cycle.transport.get_write_buffer_size() < ROOM_BYTES

    def write(self, frames: Sequence[bytes]) -> None:
        """Sends frames as one piece; one that is gone gets nothing."""
        if not self._cycle.disconnected:
            size = sum(map(len, frames))
            self._cycle.transport.writelines([b"%x\r\n" % size, *frames, b"\r\n"])
