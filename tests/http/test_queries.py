"""Query ids, killing, hanging up, and how many statements run at once."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from footfall.config import Config
from footfall.engine.exchange import CORES
from tests.engine.speak import code, speaker
from tests.robust.wire import basic, head

ENDLESS = "SELECT count() FROM system.numbers WHERE sipHash64(number) = 1"


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def running(client: httpx.Client, query_id: str) -> int:
    """How many statements run whose id begins like this."""
    sql = "SELECT count() FROM system.processes WHERE startsWith(query_id, {id:String})"
    return int(client.post("/", params={"param_id": query_id}, content=sql).text)


def wait_until(condition: Callable[[], bool], limit_s: float = 10) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def test_a_query_is_killed_by_the_clients_id(owner_http: httpx.Client, pool: ThreadPoolExecutor) -> None:
    endless = pool.submit(owner_http.post, "/?query_id=to be*/ killed", content=ENDLESS)
    wait_until(lambda: running(owner_http, "to be*/ killed") == 1)
    other = owner_http.post("/", content="KILL QUERY WHERE query_id = 'another' SYNC")
    assert (other.status_code, other.text) == (200, "")
    killed = owner_http.post("/", content="KILL QUERY WHERE query_id = 'to be*/ killed' SYNC")
    assert killed.status_code == 200
    assert code(endless.result(10)) == 394


def test_an_id_is_unique_while_it_runs(owner_http: httpx.Client, pool: ThreadPoolExecutor) -> None:
    endless = pool.submit(owner_http.post, "/?query_id=unique-1", content=ENDLESS)
    wait_until(lambda: running(owner_http, "unique-1") == 1)
    assert code(owner_http.post("/?query_id=unique-1", content="SELECT 1")) == 216
    owner_http.post("/", content="KILL QUERY WHERE query_id = 'unique-1' SYNC")
    assert code(endless.result(10)) == 394
    assert owner_http.post("/?query_id=unique-1", content="SELECT 1").text == "1\n"


@pytest.mark.parametrize(
    "sql",
    [
        ENDLESS,
        "SELECT sleepEachRow(1) FROM numbers(100) SETTINGS max_block_size = 1",
    ],
)
def test_a_client_that_hangs_up_stops_its_query(config: Config, owner_http: httpx.Client, sql: str) -> None:
    with speaker(config) as client, pytest.raises(httpx.TimeoutException):
        client.post("/?query_id=left-alone", content=sql, timeout=0.5)
    wait_until(lambda: running(owner_http, "left-alone") == 0, limit_s=5)


def test_a_client_that_hangs_up_with_more_requests_on_the_way_stops_its_query(
    config: Config, owner_http: httpx.Client
) -> None:
    """Behind a request that runs the next ones are not read, nor is that the client has gone."""
    more = head("POST", "/", [], 8) + b"SELECT 1"
    with socket.create_connection(("127.0.0.1", config.engine_port)) as client:
        headers = [("Authorization", basic("footfall", config.password))]
        client.sendall(head("POST", "/?query_id=left-behind", headers, len(ENDLESS)) + ENDLESS.encode())
        wait_until(lambda: running(owner_http, "left-behind") == 1)
        for _ in range(3):  # each is read only once the one before has been
            client.sendall(more)
            assert running(owner_http, "left-behind") == 1
    wait_until(lambda: running(owner_http, "left-behind") == 0)


@pytest.mark.skipif(CORES > 20, reason="the owner has no slots for a statement on each core")
def test_results_are_formatted_by_one_thread_where_each_core_has_a_statement(
    owner_http: httpx.Client, pool: ThreadPoolExecutor
) -> None:
    def setting() -> str:
        return owner_http.post("/", content="SELECT getSetting('output_format_parallel_formatting')").text

    wait_until(lambda: setting() == "true\n")
    endless = [pool.submit(owner_http.post, f"/?query_id=crowd-{n}", content=ENDLESS) for n in range(CORES)]
    wait_until(lambda: running(owner_http, "crowd-") == CORES)
    assert setting() == "false\n"
    owner_http.post("/", content="KILL QUERY WHERE query_id LIKE 'crowd-%' SYNC")
    assert {code(one.result(10)) for one in endless} == {394}
    wait_until(lambda: setting() == "true\n")


def test_many_that_hang_up_at_once_stop_their_queries(
    config: Config, owner_http: httpx.Client, pool: ThreadPoolExecutor
) -> None:
    """Nothing that kills a statement is hit by what kills another."""

    def leave(number: int) -> None:
        with speaker(config) as client, pytest.raises(httpx.TimeoutException):
            client.post(f"/?query_id=all-left-{number}", content=ENDLESS, timeout=2)

    def kill(number: int) -> int:
        sql = f"KILL QUERY WHERE query_id LIKE 'all-left-{number}%' OR query LIKE 'KILL%' SYNC"
        return code(owner_http.post("/", content=sql))

    left = [pool.submit(leave, number) for number in range(8)]
    wait_until(lambda: running(owner_http, "all-left-") > 0)
    killed = [pool.submit(kill, number) for number in range(4)]
    for one in left:
        one.exception()
    wait_until(lambda: running(owner_http, "all-left-") == 0, limit_s=20)
    assert {one.result() for one in killed} <= {0, 394}


def test_a_stream_that_is_left_half_read_stops_its_query(config: Config, owner_http: httpx.Client) -> None:
    with speaker(config) as client:
        sql = "SELECT number FROM system.numbers"
        with client.stream("POST", "/?query_id=half-read", content=sql) as stream:
            next(stream.iter_raw())
    wait_until(lambda: running(owner_http, "half-read") == 0, limit_s=5)


def test_analysts_have_slots_of_their_own(config: Config, pool: ThreadPoolExecutor) -> None:
    """More than four of analyst's wait for one another and for nobody else; no reader waits for them."""

    def typing(n: int) -> int:
        with speaker(config, "analyst") as client:
            sql = f"SELECT count() FROM numbers(900000000) WHERE sipHash64(number) = {n}"
            return code(client.post("/", content=sql, params={"query_id": f"typed-{n}"}))

    typed = [pool.submit(typing, n) for n in range(6)]
    kill = "KILL QUERY WHERE query_id LIKE 'typed-%' SYNC"
    with speaker(config, "reader") as reader, speaker(config) as owner:
        wait_until(lambda: running(owner, "typed-") == 4)
        assert reader.post("/", content="SELECT 1").text == "1\n"
        assert running(owner, "typed-") <= 4
        while not all(one.done() for one in typed):
            owner.post("/", content=kill)
    assert {one.result() for one in typed} <= {394, 159}


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT number FROM numbers(100001)", 396),
        ("SELECT count() FROM numbers(2000000000)", 158),
        ("SELECT repeat('x', 1000000) FROM numbers(70)", 396),
        ("SELECT groupArray(number) FROM numbers(1e9) SETTINGS max_memory_usage = 10000000", 241),
        ("SELECT max(sipHash64(number)) FROM numbers(900000000) SETTINGS max_execution_time = 1", 159),
    ],
)
def test_a_limit_stops_one_query_and_no_other(analyst_http: httpx.Client, sql: str, number: int) -> None:
    params = {"wait_end_of_query": "1"}
    assert code(analyst_http.post("/", params=params, content=sql)) == number
    assert analyst_http.post("/", content="SELECT 1").text == "1\n"


def test_a_result_that_grows_too_large_breaks_off(analyst_http: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        analyst_http.post("/", content="SELECT repeat('x', 1000000) FROM numbers(70)")


def test_a_dictionary_reads_a_table_of_the_engine_by_its_address(owner_http: httpx.Client) -> None:
    made = (
        "CREATE OR REPLACE DICTIONARY names (id UInt64, name String) PRIMARY KEY id "
        "SOURCE(CLICKHOUSE({host}QUERY 'SELECT number, toString(number) FROM numbers(10)')) "
        "LAYOUT(HASHED()) LIFETIME(0)"
    )
    sql = "SELECT dictGet('names', 'name', toUInt64(7))"
    owner_http.post("/", content=made.format(host="")).raise_for_status()
    assert code(owner_http.post("/", content=sql)) == 1000
    owner_http.post("/", content=made.format(host="HOST '127.0.0.1' ")).raise_for_status()
    assert owner_http.post("/", content=sql).text == "7\n"
    owner_http.post("/", content="DROP DICTIONARY names").raise_for_status()
