"""A disk that is full: 503, nothing that was acknowledged is lost, and room is noticed when it is there."""

import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from clickhouse_connect.driver.client import Client as StoreClient

from footfall import store
from footfall.config import Config
from footfall.schema.migrate import migrate
from tests import support
from tests.ingest.client import Answer, Client, settle
from tests.ingest.make import new_id

Start = Callable[..., support.Process]
MARGIN_BYTES = 96 << 10


def views(count: int) -> list[dict[str, Any]]:
    return [{"event_type": "page_view", "event_id": new_id(), "page_url": "/" * 200} for _ in range(count)]


def fill(process: support.Process, config: Config) -> None:
    """Lets no file of the process grow much further: writes fail, as on a disk that is full."""
    folder = config.data_dir / "inbox"
    largest = max(path.stat().st_size for path in folder.glob("inbox.sqlite*"))
    resource.prlimit(
        process.pid,
        resource.RLIMIT_FSIZE,
        (largest + MARGIN_BYTES, resource.getrlimit(resource.RLIMIT_FSIZE)[1]),
    )


def make_room(process: support.Process) -> None:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def stored(client: StoreClient) -> set[str]:
    rows = client.query("SELECT event_id FROM events").result_rows
    assert len(rows) == len(set(rows))
    return {str(row[0]) for row in rows}


def test_a_full_disk_is_told_and_loses_nothing_that_was_acknowledged(
    own_config: Config, start: Start
) -> None:
    ingest = start("ingest", own_config)  # and no engine: what is accepted stays in the inbox
    shop = Client(own_config)
    batches = [views(50) for _ in range(100)]
    answers: list[Answer] = []
    for number, batch in enumerate(batches):
        if number == 10:
            fill(ingest, own_config)
        answers.append(shop.post("events", batch))
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {202, 503}
    assert set(statuses[:10]) == {202} and statuses[-1] == 503
    refused = answers[-1]
    assert refused.body["error"]["name"] == "INBOX_UNAVAILABLE" and refused.headers["retry-after"]
    state = shop.get("/readyz")
    assert (state.status, state.body["accepting"]) == (503, False)
    acknowledged = sum(answer.body["accepted"] for answer in answers if answer.status == 202)
    ingest.kill()  # while its disk is full
    with closing(sqlite3.connect(own_config.data_dir / "inbox" / "inbox.sqlite")) as connection:
        ((kept,),) = connection.execute("SELECT rows FROM lanes WHERE lane = 'events'").fetchall()
    assert kept == acknowledged

    ingest = start("ingest", own_config)
    fill(ingest, own_config)
    while shop.post("events", views(50)).status == 202:
        acknowledged += 50
    make_room(ingest)
    assert shop.get("/readyz").body["accepting"]
    start("engine", own_config)
    migrate(own_config)
    again = [shop.post("events", batch).body for batch in batches]
    assert sum(answer["duplicate"] for answer in again) == sum(
        answer.body["accepted"] for answer in answers if answer.status == 202
    )
    settle(shop)
    with store.connect(own_config, "footfall") as client:
        found = stored(client)
    fresh = sum(answer["accepted"] for answer in again)
    assert len(found) == acknowledged + fresh
