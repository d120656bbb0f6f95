"""What one request does touches no other: limits, settings, abandoned streams, a full house."""

import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import random

import httpx
import pytest

from footfall.config import Config
from footfall.engine.engine import WAITING
from footfall.engine.users import users
from tests import support
from tests.engine.speak import code, speaker
from tests.robust import gauges
from tests.robust.wire import basic, head, receive_answer, receive_some

HUNGRY = "SELECT groupArray(number) FROM numbers(50000000) SETTINGS max_memory_usage = 100000000"
SUM = "SELECT sum(number), uniqExact(number % 1000) FROM numbers(3000000)"
VALUES = "SELECT getSetting('max_block_size'), getSetting('join_use_nulls'), getSetting('max_threads')"


@pytest.fixture
def engine(own_config: Config, start: Callable[..., support.Process]) -> support.Process:
    return start("engine", own_config)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(24) as pool:
        yield pool


def test_a_query_that_exhausts_its_memory_fails_alone(
    owner_http: httpx.Client, pool: ThreadPoolExecutor
) -> None:
    def ask(sql: str) -> httpx.Response:
        return owner_http.post("/", content=sql)

    hungry = [pool.submit(ask, HUNGRY) for _ in range(8)]
    modest = [pool.submit(ask, SUM) for _ in range(16)]
    assert {code(one.result()) for one in hungry} == {241}
    assert {one.result().text for one in modest} == {"4499998500000\t1000\n"}


def test_settings_of_concurrent_requests_never_meet(config: Config, pool: ThreadPoolExecutor) -> None:
    """Each request sees its own settings and else the defaults; a session keeps what was set in it."""
    with speaker(config) as client:
        defaults = client.post("/", content=VALUES).text

    def work(number: int) -> None:
        size, nulls, threads = str(1000 + number), str(number % 2), str(1 + number % 7)
        own = f"{size}\t{'true' if number % 2 else 'false'}\t{threads}\n"
        params = {"max_block_size": size, "join_use_nulls": nulls, "max_threads": threads}
        session = {"session_id": f"meets {number}"}
        with speaker(config) as client:
            set_all = ", ".join(f"{name} = {value}" for name, value in params.items())
            assert client.post("/", params=session, content=f"SET {set_all}").status_code == 200
            for _ in range(15):
                assert client.post("/", params=params, content=VALUES).text == own
                assert client.post("/", content=VALUES).text == defaults
                assert client.post("/", params=session, content=VALUES).text == own
                assert client.post("/", params={**session, **params, "max_block_size": "7"}, content=VALUES)
                clause = f"{VALUES} SETTINGS {set_all}"
                assert client.post("/", content=clause).text == own
                assert client.post("/", content="SET max_block_size = 9").status_code == 200
                told = "SELECT getSetting('log_comment'), getSetting('max_threads')"
                comment = {"log_comment": f"{number} {random()}"}
                expected = f"{comment['log_comment']}\t{threads}\n"
                assert client.post("/", params=params | comment, content=told).text == expected
                assert client.post("/", params=params, content=told).text == f"\t{threads}\n"

    for one in [pool.submit(work, number) for number in range(20)]:
        one.result()


def test_streams_that_are_left_half_way_free_their_slots(engine: support.Process) -> None:
    """As many streams as there are slots are begun and left; then as many begin at once, for each user."""
    gauges.all_slots_are_free(engine.config)
    gauges.all_slots_are_free(engine.config)
    gauges.nothing_runs(engine.config)
    assert engine.popen.poll() is None


def test_who_comes_to_a_full_house_is_told_when_to_come_again(engine: support.Process) -> None:
    """All slots taken and all places in the queue: 503 at once; who waits is served once there is room,
    or told the same after ten seconds."""
    config = engine.config
    (slots,) = (user.slots for user in users(config).values() if user.name == "footfall")
    streams = [gauges.stream(config, "footfall") for _ in range(slots)]
    for stream in streams:
        assert receive_some(stream).startswith(b"HTTP/1.1 200")
    request = head("POST", "/", [("Authorization", basic("footfall", config.password))], 8) + b"SELECT 1"
    crowd = []
    for _ in range(WAITING + 20):
        crowd.append(socket.create_connection(("127.0.0.1", config.engine_port), timeout=60))
        crowd[-1].sendall(request)
    refused: list[socket.socket] = []
    while len(refused) < 20:
        refused, _, _ = select.select(crowd, [], [], 30)
    for connection in refused:
        answer = receive_answer(connection)
        assert (answer.status, answer.headers["x-clickhouse-exception-code"]) == (503, "202")
        assert answer.headers["retry-after"] == "1"
    for stream in streams:
        stream.close()
    waited = [receive_answer(connection) for connection in crowd if connection not in refused]
    assert {answer.body for answer in waited if answer.status != 503} == {b"1\n"}
    for connection in crowd:
        connection.close()


def test_schemas_of_statements_that_were_killed_are_removed(config: Config, owner_http: httpx.Client) -> None:
    left = config.data_dir / "tmp" / "tmp1abcdef.proto"
    left.write_text("message Row {}")
    os.utime(left, (0, 0))
    deadline = time.monotonic() + 30
    while left.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
