"""Gives answers on in one piece where they have one: Quart sends every body in pieces, even an empty one.

What compresses must know whether there is a body, or it gives a 304 one, and how long it is, or it compresses
what is too small for that. A body without a length is a stream, which goes on piece by piece, at once.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Whole:
    """The application within; for what stands around it, its bodies are whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pieces: list[bytes] = []
        has_length = False

        async def send_whole(message: Message) -> None:
            nonlocal has_length
            if message["type"] == "http.response.start":
                has_length = "content-length" in Headers(raw=message["headers"])
            elif message["type"] == "http.response.body" and (has_length or not message.get("body")):
                pieces.append(message.get("body", b""))
                if message.get("more_body", False):
                    return
                message["body"] = b"".join(pieces)
            await send(message)

        await self._app(scope, receive, send_whole)
