"""What an exchange waits for: the end of a statement that is soon over, and a client that goes away."""

import asyncio

from starlette.types import Receive

from footfall.engine.early import EXTENSION, EarlyProtocol
from footfall.engine.pipe import Pipe
from footfall.engine.result import Client
from footfall.engine.rows import Outcome

LOOK_S = 0.5
"""How often the kernel is asked whether a client has gone."""
LOOKS_S = (0.002, 0.004, 0.008, 0.016, 0.032)
"""Most statements end sooner, with few rows; after each of these it is looked whether the pipe is filling."""


async def soon(work: "asyncio.Future[Outcome]", pipe: Pipe) -> None:
    """Returns when the statement has ended, or many of its rows are there, or it takes its time."""
    loop = asyncio.get_running_loop()
    enough: asyncio.Future[None] = loop.create_future()
    pauses = iter(LOOKS_S)
    timer: asyncio.TimerHandle

    def look() -> None:
        nonlocal timer
        pause = next(pauses, None)
        if pause is None or pipe.is_filling():
            done()
        else:
            timer = loop.call_later(pause, look)

    def done(_: object = None) -> None:
        if not enough.done():
            enough.set_result(None)

    timer = loop.call_later(next(pauses), look)
    work.add_done_callback(done)
    try:
        await enough
    finally:
        timer.cancel()


async def hung_up(client: Client) -> None:
    """Returns when the client has gone.

    Where it has sent requests behind this one, its connection is not read, and only the kernel knows.
    """
    connection: EarlyProtocol = client.scope["extensions"][EXTENSION][0]
    told = asyncio.ensure_future(_disconnected(client.receive))
    try:
        while not told.done() and not connection.has_left():
            await asyncio.wait({told}, timeout=LOOK_S)
    finally:
        told.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
