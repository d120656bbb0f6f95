"""The stream over the real store: whatever was accepted comes once, however late, and to who asks for it."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.live.hub import Hub
from footfall.live.poller import OVERLAP_S, PERIOD_S, REACH_S, ROWS, SAMPLE, Poller
from footfall.live.wanted import Wanted
from footfall.schema.migrate import migrate
from footfall.web.named import Queries
from footfall.web.reading import Reading
from tests import support
from tests.conftest import empty
from tests.dashboard.http import get, post
from tests.ingest.client import Client as Shop
from tests.live.stream import Stream
from tests.live.test_hub import take
from tests.schema.support import insert

PAGES = 30
POLLS = (
    "SELECT count() FROM system.query_log WHERE type = 'QueryFinish'"
    " AND event_time_microseconds >= {since:DateTime64(6)} AND position(query, 'AS second') > 0"
)


@pytest.fixture(scope="module")
def live(config: Config, store_client: Client, ingest_url: str) -> Iterator[Config]:
    """A live dashboard over an empty shop, with ingest beside it."""
    empty(store_client)
    process = support.start("live", config)
    yield config
    process.stop()


def send(config: Config, *items: dict[str, Any]) -> list[str]:
    """Posts events to ingest; their ids."""
    events = [{"event_id": str(uuid4()), "event_type": "page_view"} | item for item in items]
    answer = Shop(config).post("events", events)
    assert answer.status == 202, answer.body
    return [event["event_id"] for event in events]


def until(stream: Stream, ids: list[str], limit_s: float = 60) -> list[dict[str, Any]]:
    """What frames of events hold until all of these have come."""
    waited = set(ids)
    values = []
    for frame in stream.frames(limit_s):
        assert frame.kind != "reset"
        if frame.kind == "events":
            values.append(frame.value)
            waited.difference_update(event["event_id"] for event in frame.value["events"])
        if not waited:
            return values
    raise AssertionError(f"{len(waited)} of {len(ids)} events did not come within {limit_s} s")


def test_what_was_accepted_while_the_store_was_away_comes_once(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    engine = start("engine", own_config)
    migrate(own_config)
    start("ingest", own_config)
    live = start("live", own_config)
    with Stream(own_config) as stream:
        stream.first("cards")
        (before,) = send(own_config, {})
        _, last = stream.event(before)
        engine.kill()
        assert stream.first("store").value["away"] is True
        assert post(f"{own_config.url('live')}/api/sql", {"sql": "SELECT 1"}).status == 503
    began, meanwhile = time.monotonic(), send(own_config, {"user_id": "1"})
    while time.monotonic() - began < OVERLAP_S + 1:
        meanwhile += send(own_config, {"user_id": "2"})
        time.sleep(1)
    with Stream(own_config, last.id) as stream:  # nobody watched for a while
        start("engine", own_config)
        frames = until(stream, meanwhile)
        frames += until(stream, send(own_config, {}))
        come = [event["event_id"] for value in frames for event in value["events"]]
        assert [come.count(event_id) for event_id in meanwhile] == [1] * len(meanwhile)
        assert before not in come
        assert sum(value["count"] for value in frames) == len(come) == len(meanwhile) + 1
        stream.first("cards")
    assert live.popen.poll() is None


def test_pages_however_many_cost_one_poll(live: Config, store_client: Client) -> None:
    since, began = store_client.query("SELECT now64(6)").result_rows[0][0], time.monotonic()
    with ExitStack() as pages:
        streams = [pages.enter_context(Stream(live)) for _ in range(PAGES)]
        sent = send(live, {})
        for stream in streams:
            until(stream, sent)
        most = (time.monotonic() - began) / PERIOD_S
    store_client.command("SYSTEM FLUSH LOGS")
    polls = store_client.query(POLLS, parameters={"since": since}).result_rows[0][0]
    assert 0 < polls <= most * 1.5 + 5, "the poller's, and those of the board of arrivals each two seconds"


def test_a_filter_finds_each_of_its_events_in_a_burst(live: Config) -> None:
    burst = [{"user_id": "4711" if number % 300 == 7 else "1", "country": "DE"} for number in range(1500)]
    with Stream(live, find="4711") as mine, Stream(live, country="germany") as germany:
        for stream in (mine, germany):
            stream.first("events")
        ids = send(live, *burst)
        wanted = [event_id for event_id, event in zip(ids, burst, strict=True) if event["user_id"] == "4711"]
        values = until(mine, wanted)
        assert {event["user_id"] for value in values for event in value["events"]} == {"4711"}
        count = 0
        for frame in germany.frames():
            if frame.kind == "events":
                assert len(frame.value["events"]) <= SAMPLE
                count += frame.value["count"]
            if count >= len(burst):
                break
        assert count == len(burst)


def test_a_filter_that_is_none_is_refused(live: Config) -> None:
    answer = get(f"{live.url('live')}/events", None, user="1")
    assert answer.status == 400
    assert "it takes event_type, country, find" in answer.json["error"]["message"]


class Watch:
    """A poller that looks when it is told to, by a clock of its own; what it publishes."""

    def __init__(self, config: Config, reading: Reading) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.hub = Hub()
        self.poller = Poller(self.hub, Queries(config, reading), reading, lambda: self.now)
        self.page = self.hub.join(None)

    async def look(self, after_s: float = 0) -> tuple[int, list[str]]:
        """How many events there are in the frames of a look, and the ids of those that are shown."""
        self.now += timedelta(seconds=after_s)
        await self.poller.look()
        values = [value for kind, value, _ in take(self.page) if kind == "events"]
        shown = [event["event_id"] for value in values for event in value["events"]]
        return sum(value["count"] for value in values), shown


@pytest.fixture
async def watch(fresh_store: Config) -> AsyncIterator[Watch]:
    reading = Reading(fresh_store, "reader")
    yield Watch(fresh_store, reading)
    await reading.close()


def arrive(client: Client, *moments: datetime) -> list[str]:
    """Events that were accepted at these moments, and become visible now; their ids."""
    rows = [
        {"event_id": str(uuid4()), "event_type": "page_view"}
        | dict.fromkeys(("event_timestamp", "ingested_at"), f"{at:%Y-%m-%d %H:%M:%S}")
        for at in moments
    ]
    insert(client, "events", rows, str(uuid4()))
    return [row["event_id"] for row in rows]


async def test_an_event_that_is_late_by_minutes_comes(watch: Watch, store_client: Client) -> None:
    there = arrive(store_client, watch.now - timedelta(seconds=100))
    assert await watch.look() == (0, there)
    late = arrive(store_client, watch.now - timedelta(seconds=REACH_S - 10))
    beside = arrive(store_client, watch.now - timedelta(seconds=100))
    new = arrive(store_client, watch.now + timedelta(seconds=2))
    count, ids = await watch.look(3)
    assert (count, ids[:1], ids[2:]) == (3, late, new)
    assert ids[1] in there + beside, "of two in a second that was not watched, one: nobody knows which is new"
    assert await watch.look(3) == (0, [])


async def test_of_a_long_outage_the_last_minutes_come_and_the_rest_is_counted(
    watch: Watch, store_client: Client
) -> None:
    await watch.look()
    told = arrive(store_client, watch.now + timedelta(seconds=1))
    assert await watch.look(2) == (1, told)
    began = watch.now
    back = 3 * REACH_S
    arrive(store_client, *[began + timedelta(seconds=5)] * 7)
    shown = arrive(store_client, began + timedelta(seconds=back - REACH_S + 1))
    assert await watch.look(back) == (8, shown)
    arrive(store_client, *[began + timedelta(seconds=20)] * 2)  # ingest sends what it kept bit by bit
    later = arrive(store_client, began + timedelta(seconds=back - REACH_S + 2))
    assert await watch.look(9) == (3, later)
    arrive(store_client, *[began + timedelta(seconds=21)] * 2)
    later = arrive(store_client, began + timedelta(seconds=back - REACH_S + 3))
    assert await watch.look(9) == (3, later)
    assert await watch.look(REACH_S) == (0, [])


async def test_two_outages_in_a_row_lose_nothing_and_repeat_nothing(
    watch: Watch, store_client: Client
) -> None:
    await watch.look()
    began = watch.now
    first = arrive(store_client, began + timedelta(seconds=100))
    assert await watch.look(REACH_S - 50) == (1, first)
    second = arrive(store_client, began + timedelta(seconds=150))
    assert await watch.look(100) == (1, second)
    assert await watch.look(REACH_S) == (0, [])
    arrive(store_client, began + timedelta(seconds=101))
    assert await watch.look(3) == (1, [])


async def test_of_more_than_can_be_read_a_fair_sample_comes_and_all_are_counted(
    watch: Watch, store_client: Client
) -> None:
    await watch.look()
    began = watch.now
    seconds = 30
    each = ROWS // seconds * 3
    come = arrive(
        store_client, *[began + timedelta(seconds=at) for at in range(seconds) for _ in range(each)]
    )
    page = watch.hub.join(None, Wanted(event_type="page_view"))
    count, shown = await watch.look(seconds + OVERLAP_S + 5)
    assert (count, len(shown)) == (each * seconds, SAMPLE)
    by_second = [len(set(come[at * each : (at + 1) * each]) & set(shown)) for at in range(seconds)]
    assert min(by_second) > 0 and max(by_second) < SAMPLE / seconds * 3, by_second
    found = [value for kind, value, _ in take(page) if kind == "events"][-1]
    assert found["one_in"] == 4 and found["count"] < ROWS * 1.2, "it says of how many it found these"
    assert await watch.look(3) == (0, [])
