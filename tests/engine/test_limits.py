"""Limits of reader and analyst: from the configuration, never lifted, and one user's never another's.

An engine of its own with small limits, so that each is met at once; that of time only by who lowers it
further, so that a busy machine does not meet it before the others.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from footfall.config import Config
from footfall.engine.exchange import tell
from footfall.engine.handle import Stats
from footfall.engine.job import Job
from footfall.engine.protocol import Ask
from footfall.engine.statement import parse
from footfall.engine.users import User
from footfall.limits import READING_USERS, Limits, limits
from footfall.schema.migrate import migrate
from tests import support
from tests.engine.speak import code, speaker

SMALL = {
    "reader_time_s": 4,
    "reader_memory_bytes": 200 << 20,
    "reader_result_rows": 0,
    "reader_queries": 2,
    "analyst_time_s": 60,
    "analyst_memory_bytes": 400 << 20,
    "analyst_result_rows": 1000,
    "analyst_result_bytes": 100_000,
    "analyst_rows_read": 1_000_000,
    "analyst_queries": 1,
}
SOON = {"max_execution_time": "1"}
SLOW = "SELECT count() FROM (SELECT number FROM system.numbers) WHERE sipHash64(number) = 0"
# One call over one value, which the engine does not stop before its end.
ONE_LONG_CALL = f"SELECT arraySum(arrayMap(x -> {'sipHash64(' * 90}x{')' * 90}, range(8000000)))"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A running engine with small limits."""
    config = support.make_config(tmp_path_factory.mktemp("limits"), **SMALL)
    engine = support.start("engine", config)
    migrate(config)
    yield config
    engine.stop()


@pytest.fixture
def owner(small: Config) -> Iterator[httpx.Client]:
    with speaker(small) as client:
        yield client


@pytest.fixture
def reader(small: Config) -> Iterator[httpx.Client]:
    with speaker(small, "reader") as client:
        yield client


@pytest.fixture
def analyst(small: Config) -> Iterator[httpx.Client]:
    with speaker(small, "analyst") as client:
        yield client


def test_the_limits_are_those_that_are_promised_unless_they_are_configured(config: Config) -> None:
    assert limits(config, "reader") == Limits(30, 4 << 30, 0, 0, 0, 32)
    assert limits(config, "analyst") == Limits(10, 2 << 30, 100_000, 64 << 20, 1_000_000_000, 4)


def test_the_engine_holds_the_limits_of_its_configuration(small: Config) -> None:
    for user in READING_USERS:
        most_of = limits(small, user).settings
        wanted = {name: str(most) for name, most in most_of.items() if not name.startswith("max_result")}
        with speaker(small, user) as client:
            answer = client.post(
                "/",
                params={"param_names": str(list(wanted))},
                content="SELECT name, value FROM system.settings WHERE name IN {names:Array(String)}",
            )
        assert dict(line.split("\t") for line in answer.text.splitlines()) == wanted


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT count() FROM system.numbers", 158),
        ("SELECT number FROM numbers(1001)", 396),
        ("SELECT repeat('x', 600) FROM numbers(200)", 396),
        ("SELECT length(arrayMap(x -> repeat('x', 100), range(8000000)))", 241),
    ],
)
def test_what_runs_against_a_limit_fails_and_says_which(analyst: httpx.Client, sql: str, wanted: int) -> None:
    assert code(analyst.post("/", params={"wait_end_of_query": "1"}, content=sql)) == wanted
    assert analyst.post("/", content="SELECT 1").text == "1\n"


def test_external_tables_together_take_no_more_memory_than_a_statement_may(
    owner: httpx.Client, analyst: httpx.Client
) -> None:
    """Packed well, each of many is small where it is sent and fits in by itself."""
    rows = owner.post("/", content="SELECT toInt64(1) AS x FROM numbers(20000000) FORMAT Parquet").content
    assert len(rows) < 1 << 20
    for count, wanted in ((2, 0), (4, 241)):
        params = {"query": "SELECT " + " + ".join(f"(SELECT count() FROM t{n})" for n in range(count))}
        params |= {f"t{n}_structure": "x Int64" for n in range(count)}
        params |= {f"t{n}_format": "Parquet" for n in range(count)}
        answer = analyst.post("/", params=params, files={f"t{n}": rows for n in range(count)})
        assert code(answer) == wanted, answer.text


def test_groups_that_do_not_fit_the_memory_go_on_in_files(small: Config, analyst: httpx.Client) -> None:
    keys = "SELECT concat(toString(number), repeat('x', 500)) AS key FROM numbers(900000) GROUP BY key"
    assert analyst.post("/", content=f"SELECT count() FROM ({keys})").text == "900000\n"
    in_memory = {"max_bytes_before_external_group_by": "0"}
    assert code(analyst.post("/", params=in_memory, content=f"SELECT count() FROM ({keys})")) == 452
    assert not list((small.data_dir / "clickhouse" / "tmp").iterdir())


def test_groups_of_more_than_a_gib_go_on_in_files(config: Config) -> None:
    """So that the engine's peak, with what it keeps besides, stays within 2 GiB."""
    for user in READING_USERS:
        assert limits(config, user).settings["max_bytes_before_external_group_by"] == 1 << 30


def test_time_ends_a_statement(reader: httpx.Client) -> None:
    answer = reader.post("/", params=SOON, content=SLOW)
    assert (answer.status_code, code(answer)) == (408, 159)


@pytest.mark.parametrize("user", READING_USERS)
@pytest.mark.parametrize("by", ["url", "clause"])
def test_no_limit_is_lifted_by_its_user(small: Config, user: str, by: str) -> None:
    most_of = limits(small, user).settings  # type: ignore[arg-type]
    most_of |= {"max_threads": 2}
    with speaker(small, user) as client:  # type: ignore[arg-type]
        for name, most in most_of.items():
            for value in ("0", str(most + 1), "99999999999999999999", "-1", "1e9", "auto", ""):
                if by == "url":
                    answer = client.post("/", params={name: value}, content="SELECT 1")
                else:
                    answer = client.post("/", content=f"SELECT 1 SETTINGS {name} = '{value}'")
                assert code(answer) in (452, 164, 497), (name, value)
            assert client.post("/", params={name: str(most)}, content="SELECT 1").text == "1\n"
            assert client.post("/", content=f"SELECT 1 SETTINGS {name} = {most}").text == "1\n"


def test_the_reader_gets_as_many_rows_as_there_are(reader: httpx.Client) -> None:
    assert len(reader.post("/", content="SELECT number FROM numbers(300000)").content) > 1 << 20


def test_a_call_that_the_engine_does_not_stop_fails_for_its_client_alone(
    small: Config, owner: httpx.Client, analyst: httpx.Client
) -> None:
    answer = analyst.post("/", params=SOON, content=ONE_LONG_CALL)
    assert (answer.status_code, code(answer)) == (408, 159)
    running = "SELECT count() FROM system.processes WHERE position(query, 'sipHash64(sipHash64') > 0"
    running += " AND position(query, 'processes') = 0"
    assert owner.post("/", content=running).text == "1\n"
    assert analyst.post("/", content="SELECT 1").text == "1\n"


def test_a_client_that_reads_no_further_loses_its_slot(small: Config, reader: httpx.Client) -> None:
    """The engine waits for it within the limit of time, not for ever."""
    with ExitStack() as stalled:
        for _ in range(limits(small, "reader").queries):
            client = stalled.enter_context(speaker(small, "reader"))
            stalled.enter_context(client.stream("POST", "/", content="SELECT number FROM system.numbers"))
        assert reader.post("/", content="SELECT 1").text == "1\n"


@pytest.mark.parametrize("ended", [True, False])
def test_the_log_tells_of_what_runs_on_after_it_was_killed(
    ended: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def look() -> None:
        stuck: asyncio.Future[tuple[bytes, Stats]] = asyncio.get_running_loop().create_future()
        if ended:
            stuck.set_result((b"", Stats()))
        tell(Job(User("reader", "", 1), Ask(), parse(b"SELECT 1"), stuck=stuck))

    asyncio.run(look())
    assert caplog.messages == ([] if ended else ["a statement of reader was killed and runs on: b'SELECT 1'"])


def test_slow_analysts_never_hold_up_the_reader(small: Config, reader: httpx.Client) -> None:
    """Many more analysts than they have slots; the reader's answers come while they wait."""
    analysts = 8

    def slow(_: int) -> int:
        with speaker(small, "analyst") as client:
            sql = "SELECT count() FROM numbers(1000000) AS a, numbers(1000000) AS b WHERE a.number < b.number"
            return code(client.post("/", params=SOON, content=sql))

    with ThreadPoolExecutor(analysts) as pool:
        answers = [pool.submit(slow, number) for number in range(analysts)]
        served = 0
        while not all(answer.done() for answer in answers):
            assert reader.post("/", content="SELECT count() FROM footfall.events").text == "0\n"
            served += 1
    assert {answer.result() for answer in answers} <= {158, 159, 202}
    assert served >= analysts


def test_more_than_a_users_slots_wait_and_all_are_answered(small: Config) -> None:
    def ask(number: int) -> str:
        with speaker(small, "analyst") as client:
            return client.post("/", content=f"SELECT {number}").text

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(32))) == [f"{number}\n" for number in range(32)]


def test_long_texts_of_analysts_never_hold_up_the_reader(small: Config, reader: httpx.Client) -> None:
    """Each user's statements are looked at by a guard of its own: the reader's new ones do not queue up."""
    analysts = 12

    def long_text(number: int) -> int:
        with speaker(small, "analyst") as client:
            return code(client.post("/", content=f"SELECT {number}, " + ",".join(["1"] * 20_000)))

    with ThreadPoolExecutor(analysts) as pool:
        answers = [pool.submit(long_text, number) for number in range(analysts)]
        served = 0
        while not all(answer.done() for answer in answers):
            assert reader.post("/", content=f"SELECT {served} AS new").text == f"{served}\n"
            served += 1
    assert served >= analysts
