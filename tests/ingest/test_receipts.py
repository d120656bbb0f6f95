"""Receipts: for 7 days, of SDKs' batches too, after a restart, and within bounds."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from footfall.config import Config
from footfall.ingest import inbox, receipts
from footfall.ingest.receipts import KEPT_MS, find, keep, new_batch_id
from tests import support
from tests.ingest.client import Client
from tests.ingest.make import NOW_MS, new_id

JOURNAL = Path(inbox.__file__).with_name("journal.sql").read_text()
ANSWER = b'{"batch_id":"","accepted":1,"duplicate":0,"rejected":0,"errors":[]}'


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(JOURNAL)
    connection.execute("INSERT INTO lanes VALUES ('receipts', 0, 0)")
    yield connection
    connection.close()


def held(connection: sqlite3.Connection) -> tuple[int, int]:
    """Number and bytes as they are counted, which is as they are."""
    counted = connection.execute("SELECT rows, bytes FROM lanes WHERE lane = 'receipts'").fetchone()
    really = connection.execute("SELECT count(*), ifnull(sum(length(answer)), 0) FROM receipts").fetchone()
    assert counted == really
    rows, size = counted
    return rows, size


def test_a_receipt_is_kept_for_seven_days_and_not_longer(connection: sqlite3.Connection) -> None:
    first = new_batch_id(NOW_MS)
    keep(connection, [(first, ANSWER)], NOW_MS)
    keep(connection, [(new_batch_id(NOW_MS), ANSWER)], NOW_MS + KEPT_MS - 1)
    assert find(connection, first) is not None
    later = NOW_MS + KEPT_MS + 1
    keep(connection, [(new_batch_id(later), ANSWER)], later)
    assert find(connection, first) is None
    assert held(connection) == (1, len(ANSWER))


@pytest.mark.parametrize(("name", "limit"), [("RECEIPTS_LIMIT", 100), ("BYTES_LIMIT", 100 * len(ANSWER))])
def test_the_oldest_go_first_at_either_bound(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    monkeypatch.setattr(receipts, name, limit)
    ids = [new_batch_id(NOW_MS + number) for number in range(300)]
    for number, batch_id in enumerate(ids):
        keep(connection, [(batch_id, ANSWER)], NOW_MS + number)
        assert held(connection)[0] <= 101
    assert find(connection, ids[0]) is None
    assert find(connection, ids[-1]) is not None


def test_receipts_of_both_kinds_of_requests_are_there_after_a_kill(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    ingest = start("ingest", own_config)
    client = Client(own_config)
    event = {"event_type": "x", "event_id": new_id()}
    ours = client.post("events", [event, {"bad": 1}])
    message = {"type": "track", "messageId": new_id(), "userId": "1", "event": "x"}
    theirs = client.post("batch", {"batch": [message, {"type": "nonsense"}]})
    nothing = client.post("events", [{"worse": 1}])
    ingest.kill()
    start("ingest", own_config)
    assert client.get(f"/v1/receipts/{ours.body['batch_id']}").body == ours.body
    kept = client.get(f"/v1/receipts/{theirs.body['batch_id']}").body
    assert {"success": True} | kept == theirs.body
    assert (kept["accepted"], kept["rejected"]) == (1, 1)
    error = nothing.body["error"]
    assert client.get(f"/v1/receipts/{error['batch_id']}").body["errors"] == error["errors"]
    assert client.request("GET", f"/v1/receipts/{ours.body['batch_id']}", None, {}).status == 401
