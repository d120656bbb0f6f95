"""Large forms take turns, so that what one user sends does not fill the memory."""

import asyncio

import httpx
import pytest

from footfall.engine import forms
from footfall.engine.engine import FORMS, WAITING
from footfall.engine.exceptions import EngineError
from footfall.engine.running import Slots
from tests.engine.speak import code

ROWS = 400_000


@pytest.mark.parametrize(
    ("headers", "large"),
    [
        ({"content-type": "multipart/form-data; boundary=b", "content-length": "1000"}, False),
        ({"content-type": "multipart/form-data; boundary=b", "content-length": "2000000"}, True),
        ({"content-type": "multipart/form-data; boundary=b", "transfer-encoding": "chunked"}, True),
        ({"content-length": "2000000"}, False),
    ],
)
def test_a_large_form_is_known_by_its_head(headers: dict[str, str], large: bool) -> None:
    assert forms.is_large(headers) is large


async def test_turns_are_taken_by_so_many_and_no_more() -> None:
    slots, most, now = Slots(2, 1, 5.0), 0, 0

    async def one() -> None:
        nonlocal most, now
        async with slots.turn():
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1

    results = await asyncio.gather(*(one() for _ in range(4)), return_exceptions=True)
    assert most == 2
    assert [result for result in results if result is not None and not isinstance(result, EngineError)] == []
    assert len([result for result in results if isinstance(result, EngineError)]) == 1


async def test_many_large_forms_at_once_are_all_answered(owner_http: httpx.Client) -> None:
    rows = "".join(f"{n}\n" for n in range(ROWS)).encode()
    assert len(rows) > forms.SMALL
    params = {"query": "SELECT count(), max(n) FROM mine", "mine_structure": "n UInt32"}

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/", params=params, files={"mine": ("mine.tsv", rows)})

    async with httpx.AsyncClient(base_url=owner_http.base_url, auth=owner_http.auth, timeout=60) as client:
        answers = await asyncio.gather(*(send(client) for _ in range(FORMS + 4)))
    assert FORMS + 4 < WAITING
    assert {(code(answer), answer.text) for answer in answers} == {(0, f"{ROWS}\t{ROWS - 1}\n")}
