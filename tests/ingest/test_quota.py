"""The room for dead letters: a flood fills neither the inbox nor the disk, and says that it was a flood."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from footfall.ingest import inbox, quota
from footfall.ingest.dead_letters import letter
from footfall.ingest.fields import Rejected
from footfall.ingest.outcome import Entry
from footfall.model import Reason, derived_uuid
from tests import support
from tests.ingest.client import Client
from tests.ingest.make import sender

SIZE = 60_000
ROOM = quota.REASON_BYTES // SIZE + 1
JOURNAL = Path(inbox.__file__).with_name("journal.sql").read_text()


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(JOURNAL)
    yield connection
    connection.close()


def letters(number: int, reason: Reason = Reason.UNKNOWN_FIELD) -> list[Entry]:
    rejected = Rejected(reason, "f", "wrong")
    keys = (derived_uuid(b"t", f"{reason} {i}".encode()) for i in range(number))
    return [letter(key, "events", sender(), rejected, b"x" * SIZE) for key in keys]


def messages(kept: list[Entry]) -> list[str]:
    return [entry.row[6] for entry in kept]


def test_a_reason_has_a_quarter_of_a_day_and_its_last_letter_says_so(connection: sqlite3.Connection) -> None:
    kept = quota.within(connection, letters(ROOM + 50), 1)
    assert ROOM - 5 < len(kept) <= ROOM
    assert set(messages(kept[:-1])) == {"wrong"}
    assert messages(kept)[-1].startswith("wrong (the last unknown_field that is kept today")
    assert quota.within(connection, letters(9), 1) == []
    assert list(quota.totals(connection)) == [("unknown_field", len(kept), 59 + ROOM - len(kept))]


def test_a_flood_leaves_room_for_other_reasons_up_to_the_days_end(connection: sqlite3.Connection) -> None:
    total = 0
    for reason in list(Reason)[:8]:
        kept = quota.within(connection, letters(ROOM + 1, reason), 1)
        total += sum(len(entry.row[7]) for entry in kept)
    assert total <= quota.DAY_BYTES + SIZE
    assert quota.within(connection, letters(1, Reason.ID_COLLISION), 1) == []
    assert len(quota.within(connection, letters(1, Reason.ID_COLLISION), 2)) == 1
    assert len(quota.within(connection, letters(9, Reason.INVALID_JSON), 2)) == 9


def test_a_flood_is_told_counted_and_not_kept_also_after_a_restart(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    client = Client(own_config)
    ingest = start("ingest", own_config)
    lines = b"\n".join(b"{%d %b" % (number, b"x" * SIZE) for number in range(ROOM + 20))
    ndjson = {"Content-Type": "application/x-ndjson"}
    answer = client.post("events", lines, headers=ndjson)
    assert (answer.status, answer.body["error"]["rejected"]) == (422, ROOM + 20)
    assert counted(client, "dead_letters_total") + counted(client, "dead_letters_dropped_total") == ROOM + 20
    kept = counted(client, "dead_letters_total")
    assert ROOM - 5 < kept <= ROOM
    ingest.kill()
    start("ingest", own_config)
    assert counted(client, "dead_letters_total") == kept
    assert client.post("events", b"{one more").status == 422
    assert counted(client, "dead_letters_total") == kept
    assert client.get("/readyz").body["inbox"]["bytes"] < 2 * quota.REASON_BYTES


def counted(client: Client, name: str) -> int:
    text = client.get("/metrics").body
    found = [line for line in text.splitlines() if line.startswith(f"footfall_ingest_{name}{{")]
    return int(sum(float(line.split()[-1]) for line in found))


def test_the_table_keeps_letters_for_30_days(config: Config, store_client: StoreClient) -> None:
    query = (
        "SELECT engine_full FROM system.tables WHERE database = 'footfall_private' AND name = 'dead_letters'"
    )
    assert "TTL toDateTime(rejected_at) + toIntervalDay(30)" in store_client.query(query).result_rows[0][0]
