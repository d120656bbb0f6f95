"""The body of a request, received by the event loop and read by a worker thread."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from footfall.engine.body import SMALL, Body, NotYet


async def test_a_worker_that_is_faster_than_the_loop_waits_for_the_rest() -> None:
    pieces = [b"a" * (SMALL + 1), b"b" * 100, b"c" * SMALL, b""]

    async def receive() -> MutableMapping[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    body = Body(receive)
    await body.receive_small()
    body.may_be_awaited()

    def read() -> bytes:
        return b"".join(iter(lambda: body.read(1 << 16), b""))

    reading = asyncio.get_running_loop().run_in_executor(None, read)
    await asyncio.sleep(0.05)  # the worker has read all that is here before anybody brings more
    await body.pump()
    assert await reading == b"a" * (SMALL + 1) + b"b" * 100 + b"c" * SMALL


async def test_a_beginning_that_is_not_here_yet_is_read_again_with_twice_as_much() -> None:
    pieces = [bytes([n]) * (SMALL // 2) for n in range(12)]
    whole = b"".join(pieces)

    async def receive() -> MutableMapping[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    body = Body(receive)
    await body.receive_small()
    for _ in range(2):
        with pytest.raises(NotYet):
            while body.read(1 << 16):
                pass
        before = len(pieces)
        await body.receive_more()
        assert len(pieces) < before or body.complete
    assert body.complete
    assert b"".join(iter(lambda: body.read(1 << 16), b"")) == whole
