"""A power cut: what the engine had not written to the disk is gone, and comes back from the inbox."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall import store
from footfall.config import Config
from footfall.ingest import chunks, kept
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import EVENTS as EVENTS_LANE
from footfall.ingest.metrics import Metrics
from footfall.ingest.writer import TableWriter
from footfall.schema.migrate import migrate
from tests import support
from tests.crash import rounds
from tests.crash.shop import event, ledger, orders, sums
from tests.ingest import test_repair
from tests.ingest.client import Client, settle

Start = Callable[..., support.Process]
EVENTS = [event(number) for number in range(400)]
ORDERS = [item for number in range(40) for item in orders(number)]


def send(shop: Client, part: int) -> None:
    """One of two halves of everything, in several blocks."""
    for start in range(part, 400, 100):
        assert shop.post("events", EVENTS[start : start + 50], wait=True).status == 200
    items = ORDERS[part // 50 * 80 :][:80]
    assert shop.post("orders", items, wait=True).status == 200
    assert shop.post("users", {"user_id": f"user {part}", "country": "DE"}, wait=True).status == 200
    assert (
        shop.post("users", {"user_id": "both", "age": 20 + part, "name": f"{part}"}, wait=True).status == 200
    )


def parts(client: StoreClient, since: float, tables: Sequence[str] = ()) -> list[Path]:
    """Folders of parts that were written since then, those included that merges have replaced."""
    query = (
        "SELECT path FROM system.parts WHERE database IN ('footfall', 'footfall_private')"
        " AND modification_time > {since:UInt32} AND table != 'schema_migrations'"
        " AND (empty({tables:Array(String)}) OR has({tables:Array(String)}, table))"
    )
    parameters = {"since": int(since), "tables": list(tables)}
    return [Path(row[0]) for row in client.query(query, parameters=parameters).result_rows]


def cut(folders: list[Path], damage: str) -> None:
    """What a power cut leaves of files that were never synced: no folder, or files without content."""
    for number, folder in enumerate(folders):
        kind = ("gone", "empty")[number % 2] if damage == "mixed" else damage
        if kind == "gone":
            shutil.rmtree(folder)
        else:
            for file in folder.iterdir():
                if file.is_file():
                    file.write_bytes(b"")


@pytest.mark.parametrize(
    ("logs", "damage"), [("kept", "gone"), ("kept", "mixed"), ("gone", "empty"), ("gone", "mixed")]
)
def test_what_a_power_cut_took_from_the_engine_is_written_again(
    logs: str, damage: str, tmp_path: Path, start: Start
) -> None:
    config = support.make_config(tmp_path, sync_interval_s=3600)
    engine = start("engine", config)
    migrate(config)
    ingest = start("ingest", config)
    shop = Client(config)
    send(shop, 0)
    time.sleep(1.1)  # parts tell their time in seconds
    since = time.time()
    time.sleep(1.1)
    send(shop, 50)
    settle(shop)
    state = shop.get("/readyz").body
    assert state["kept"]["rows"] > 600 and state["inbox"]["bytes"] == 0
    assert "footfall_ingest_kept_bytes" in shop.get("/metrics").body
    with store.connect(config, "footfall") as client:
        new = parts(client, since)
    ingest.kill()
    engine.kill()
    cut([folder for folder in new if folder.exists()], damage)
    if logs == "gone":
        for folder in config.data_dir.joinpath("clickhouse").rglob("deduplication_logs"):
            shutil.rmtree(folder)
    start("engine", config)
    with store.connect(config, "footfall") as client:
        assert client.query("SELECT count() FROM events").result_rows[0][0] < 400
    reboot(config)
    start("ingest", config)
    while not shop.get("/readyz").body["writes"]:  # what is in doubt waits again from then on
        time.sleep(0.05)
    settle(shop)
    check(config)


def reboot(config: Config) -> None:
    """The next start of ingest finds that the machine has started."""
    connection = sqlite3.connect(config.data_dir / "inbox" / "inbox.sqlite")
    with connection:
        assert connection.execute("UPDATE boot SET boot_id = 'another'").rowcount == 1
    connection.close()


def check(config: Config) -> None:
    with store.connect(config, "footfall") as client:
        revenue = sum((Decimal(str(item.get("revenue", 0))) for item in EVENTS), Decimal(0))
        found = sums(client)
        assert found == dict.fromkeys(found, (400, revenue))
        base = ledger(client, "orders")
        assert base == ledger(client, "mv_product_revenue")
        assert base["completed"] == (40, Decimal(120))
        assert client.query("SELECT count(), uniqExact(entry_id) FROM orders").result_rows == [(320, 320)]
        users = client.query("SELECT external_id, age FROM current_users ORDER BY external_id").result_rows
        assert [row for row in users if row[0] in {"both", "user 0", "user 50"}] == [
            *(("both", 70), ("user 0", 0), ("user 50", 0)),
        ]


def test_what_the_kernel_has_written_is_kept_no_longer(tmp_path: Path, start: Start) -> None:
    config = support.make_config(tmp_path, sync_interval_s=1)
    start("engine", config)
    migrate(config)
    start("ingest", config)
    shop = Client(config)
    send(shop, 0)
    deadline = time.monotonic() + 60
    while shop.get("/readyz").body["kept"] != {"rows": 0, "bytes": 0, "limit_bytes": 256 << 20}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with sqlite3.connect(config.data_dir / "inbox" / "inbox.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM chunks").fetchone() == (0,)


@pytest.mark.parametrize("taken", [("events",), ("mv_hourly_events", "mv_user_funnel"), ()], ids=" ".join)
def test_what_the_engines_log_knows_and_no_part_holds_is_written_again(
    taken: tuple[str, ...], own_config: Config, start: Start
) -> None:
    """The engine was killed between its deduplication log and its new part: `taken`, or of all tables."""
    engine = start("engine", own_config)
    migrate(own_config)
    inbox = Inbox(own_config.data_dir / "inbox", 1 << 30)
    test_repair.torn(inbox, own_config, [test_repair.event(number) for number in range(5)])
    test_repair.restart(inbox, own_config, "events")
    time.sleep(1.1)
    since = time.time()
    time.sleep(1.1)
    test_repair.torn(inbox, own_config, [test_repair.event(number) for number in range(12)])
    with store.connect(own_config, "footfall") as client:
        new = parts(client, since, taken or ("events", *rounds.ROLLUPS))
    engine.kill()
    cut(new, "gone")
    start("engine", own_config)
    metrics = test_repair.restart(inbox, own_config, "events").text().decode()
    inbox.close()
    with store.connect(own_config, "footfall") as client:
        found = sums(client)
    assert found == dict.fromkeys(found, (17, Decimal(17)))
    if "mv_user_funnel" not in taken:  # the retry was a duplicate for the engine
        assert 'footfall_ingest_repaired_rows_total{lane="events"} 12.0' in metrics


def test_an_engine_of_which_a_power_cut_emptied_many_parts_starts(own_config: Config, start: Start) -> None:
    engine = start("engine", own_config)
    migrate(own_config)
    with store.connect(own_config, "footfall") as client:
        client.command("SYSTEM STOP MERGES")
        for number in range(1, 121):  # ClickHouse's own limit is 100
            client.command(
                "INSERT INTO identities (anonymous_id, user_id, linked_at)"
                " SELECT {number:UInt64}, 1, now64(3)",
                parameters={"number": number},
            )
        new = parts(client, 0, ("identities",))
    assert len(new) == 120
    engine.kill()
    cut(new[1:], "empty")
    start("engine", own_config)
    with store.connect(own_config, "footfall") as client:
        assert client.query("SELECT count() FROM identities").result_rows == [(1,)]


def test_at_the_bound_of_kept_blocks_the_writer_waits_for_the_disk(
    fresh_store: Config, store_client: StoreClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "KEPT_LIMIT_BYTES", 1)
    inbox = Inbox(tmp_path, 1 << 30)
    writer = TableWriter(EVENTS_LANE, inbox, fresh_store, Metrics())

    def rows() -> list[int]:
        """Rows that wait, and rows that are kept."""
        with closing(inbox.connect()) as reader:
            return [chunks.sizes(reader)["events"][0], kept.totals(reader)[0]]

    def send() -> None:
        entries = [test_repair.event(number) for number in range(7)]
        inbox.run(lambda connection: chunks.add(connection, "events", entries, 0, urgent=True))

    def reaches(wanted: list[int]) -> None:
        deadline = time.monotonic() + 60
        while rows() != wanted:
            assert time.monotonic() < deadline, rows()
            time.sleep(0.05)

    writer.start()
    send()
    reaches([0, 7])
    send()
    while store_client.query("SELECT count() FROM events").result_rows != [(14,)]:
        time.sleep(0.05)
    time.sleep(0.5)
    assert rows() == [7, 7]  # the second block is in the table, and waits for room to be kept
    assert inbox.run(lambda connection: kept.release(connection, 1 << 60))
    reaches([0, 7])
    writer.stopping.set()
    writer.join()
    inbox.close()
    assert store_client.query("SELECT count(), uniqExact(event_id) FROM events").result_rows == [(14, 14)]
