"""A kept answer is what the rows say when it is asked for, and whoever has it is not sent it again."""

import asyncio
import gzip
import http.client
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.query import catalogue, run
from footfall.query.encode import to_json
from footfall.web.reading import Reading
from footfall.web.versions import EVERYTHING, Reader
from tests import support
from tests.conftest import empty
from tests.dashboard.http import Answer, get
from tests.query import shop
from tests.schema.support import event, insert

OWN = """
-- title: Events of one's own
-- description: How many events there are.
-- reads: events
-- column: events count ; all events
SELECT count() AS events FROM footfall.events
"""


@pytest.fixture(scope="module")
def shops(config: Config, store_client: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over the small shop, with a query of its owner's own."""
    empty(store_client)
    shop.fill(store_client)
    folder = tmp_path_factory.mktemp("queries")
    (folder / "own.sql").write_text(OWN)
    here = {name: getattr(config, name) for name in ("engine_port", "password", "reader_password")}
    own = support.make_config(folder, queries=folder, **here)
    process = support.start("dashboard", own)
    yield own.url("dashboard")
    process.stop()


def ask(url: str, name: str = "stats", **headers: str) -> Answer:
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    answer = get(f"{url}/api/query/{name}", given, **shop.RANGE)
    assert answer.status in {200, 304}, answer.body
    return answer


def kept(url: str, name: str = "stats") -> Answer:
    """An answer that was given twice: the store merges parts on its own, and the answer is new each time."""
    answers: list[Answer] = []

    def twice() -> bool:
        answers.append(ask(url, name))
        return answers[-1].body == ask(url, name).body

    support.wait_until(twice)
    return answers[-1]


def say(config: Config, name: str) -> Any:
    """What the rows say, with nothing in between."""

    async def asked() -> bytes:
        reading = Reading(config, "reader")
        try:
            query = catalogue(config)[name]
            answer = await run(await reading.client(), query, {"from": str(shop.DAY), "to": str(shop.NEXT)})
            return to_json(answer.rows)
        finally:
            await reading.close()

    return json.loads(asyncio.run(asked()))


CHANGES = {
    "an insert": "INSERT INTO footfall.events SELECT * FROM footfall.events WHERE event_type = 'purchase'",
    "a mutation": "ALTER TABLE footfall.mv_daily_events DELETE WHERE event_type = 'purchase'",
    "an update": "ALTER TABLE footfall.mv_daily_events UPDATE event_count = 5 WHERE event_type = 'page_view'",
    "a delete": "DELETE FROM footfall.mv_daily_events WHERE event_type = 'page_view'",
    "a merge": "OPTIMIZE TABLE footfall.mv_daily_events FINAL",
    "a dropped column's worth": "ALTER TABLE footfall.mv_daily_events CLEAR COLUMN event_count "
    "IN PARTITION ID {partition:String}",
    "a partition taken away": "ALTER TABLE footfall.mv_daily_events DETACH PARTITION ID {partition:String}",
    "a partition brought back": "ALTER TABLE footfall.mv_daily_events ATTACH PARTITION ID {partition:String}",
    "all rows gone": "TRUNCATE TABLE footfall.mv_daily_events",
}


def test_whatever_happens_to_the_rows_the_answer_is_what_they_say(
    shops: str, config: Config, store_client: Client
) -> None:
    bound = {"partition": f"{shop.DAY:%Y%m}"}
    seen = [kept(shops).json["data"]]
    assert seen[0] == say(config, "stats")
    try:
        for change, statement in CHANGES.items():
            store_client.command(statement, parameters=bound, settings={"mutations_sync": 2})
            seen.append(ask(shops).json["data"])
            assert seen[-1] == say(config, "stats"), change
            assert kept(shops).json["data"] == seen[-1], change
        assert len({json.dumps(rows) for rows in seen}) >= 6, "most of these changes show in the figures"
    finally:
        empty(store_client)
        shop.fill(store_client)


def test_an_answer_outlives_changes_of_tables_that_it_does_not_read(shops: str, store_client: Client) -> None:
    before = kept(shops, "revenue_trend")
    insert(store_client, "events", [event("page_view", shop.at("11:00"), shop.ANN)], uuid4().hex)
    assert ask(shops, "revenue_trend").body == before.body
    assert ask(shops).json["meta"]["computed_at"] > before.json["meta"]["computed_at"]


def test_what_only_its_author_knows_is_not_kept(shops: str) -> None:
    first, again = (get(f"{shops}/api/query/own").json["meta"]["computed_at"] for _ in range(2))
    assert again > first


def test_who_has_the_answer_is_told_that_it_is_still_right(shops: str, store_client: Client) -> None:
    path = f"/api/query/stats?from={shop.DAY}&to={shop.NEXT}"
    tag = kept(shops).headers["etag"]
    connection = http.client.HTTPConnection(shops.removeprefix("http://"), timeout=60)
    for encoding in (
        "identity",
        "gzip",
    ):  # on one connection: a 304 has no body that the next would begin with
        connection.request("GET", path, headers={"If-None-Match": tag, "Accept-Encoding": encoding})
        with connection.getresponse() as response:
            assert (response.status, response.read()) == (304, b"")
            assert (response.headers["etag"], response.headers["cache-control"]) == (tag, "no-cache")
    connection.request("HEAD", path, headers={"Accept-Encoding": "gzip"})
    with connection.getresponse() as response:
        assert (response.status, response.headers["etag"], response.read()) == (200, tag, b"")
    connection.request("GET", path, headers={"If-None-Match": 'W/"other"', "Accept-Encoding": "gzip"})
    with connection.getresponse() as response:
        assert (response.status, response.headers["etag"]) == (200, tag)
        assert gzip.decompress(response.read()) == ask(shops).body
    connection.close()
    insert(store_client, "events", [event("page_view", shop.at("12:00"), shop.ANN)], uuid4().hex)
    changed = ask(shops, If_None_Match=tag)
    assert changed.status == 200 and changed.headers["etag"] != tag


@pytest.mark.parametrize("path", ["/api/queries", "/api/countries", "/openapi.json"])
def test_what_stays_as_it_is_has_a_tag_as_well(shops: str, path: str) -> None:
    tag = get(shops + path).headers["etag"]
    assert get(shops + path, {"If-None-Match": tag}).status == 304


async def test_there_are_no_versions_where_another_store_may_hold_the_rows(
    config: Config, store_client: Client
) -> None:
    reading = Reading(config, "reader")
    reader = Reader(reading)
    try:
        alone = await reader.read()
        assert alone is not None and {EVERYTHING, "events"} <= alone.keys()
        store_client.command(
            "CREATE TABLE footfall.everywhere AS footfall.events ENGINE = Merge('footfall', '^events$')"
        )
        assert await reader.read() is None
    finally:
        store_client.command("DROP TABLE IF EXISTS footfall.everywhere SYNC")
        await reading.close()
