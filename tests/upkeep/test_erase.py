"""`footfall erase`: of a person nothing is left, the money of their orders stays, nobody else changes."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall import store
from footfall.ingest import chunks, erased
from footfall.ingest.batch import Batch
from footfall.ingest.inbox import Inbox
from footfall.ingest.outcome import Entry
from footfall.ingest.receipts import new_batch_id
from footfall.model import anonymous_number, numeric_id
from footfall.query import terminal
from footfall.schema.migrate import migrate
from footfall.upkeep import scrub
from footfall.upkeep.heal import audit
from footfall.upkeep.person import Person
from tests import support
from tests.ingest.client import Client, settle
from tests.ingest.make import NOW_MS, new_id, validated

DAY_MS = 86_400_000
LINES = [{"product_id": "mug", "quantity": 2, "unit_price": "5"}]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    config = support.make_config(tmp_path_factory.mktemp("erase"))
    engine = support.start("engine", config)
    migrate(config)
    ingest = support.start("ingest", config)
    yield Client(config)
    ingest.stop()
    engine.stop()


def send(shop: Client, kind: str, *items: dict[str, Any]) -> Any:
    answer = shop.post(kind, list(items), wait=True)
    assert answer.status in {200, 202, 422}, answer
    return answer.body


def live(shop: Client, user: str, anonymous: str, order: str, days: int = 0) -> list[str]:
    """What a shopper does: browses, logs in, buys, returns, sends something wrong. The ids of events."""
    at = NOW_MS - days * DAY_MS
    ids = [new_id("event") for _ in range(3)]
    send(
        shop,
        "events",
        {"event_id": ids[0], "event_type": "page_view", "anonymous_id": anonymous, "event_timestamp": at},
    )
    send(
        shop,
        "events",
        {"event_id": ids[1], "event_type": "login", "anonymous_id": anonymous, "user_id": user},
        {
            "event_id": ids[2],
            "event_type": "page_view",
            "user_id": user,
            "country": "DE",
            "event_timestamp": at,
        },
    )
    send(shop, "users", {"user_id": user, "email": f"{user}@example.org", "name": "N.", "age": 30})
    placed = {
        "order_id": order,
        "user_id": user,
        "status": "completed",
        "lines": LINES,
        "order_timestamp": at,
    }
    send(shop, "orders", placed | {"properties": {"gift": f"for {user}"}})
    send(
        shop,
        "orders",
        {"order_id": order, "status": "refunded", "lines": [{"product_id": "mug", "quantity": 1}]},
    )
    send(shop, "events", {"event_type": "page_view", "user_id": user, "colour": "red"})
    settle(shop)
    return ids


def traces(client: StoreClient, numbers: list[int], texts: list[str]) -> dict[str, int]:
    """Tables that hold any of these numbers or texts in any column, and in how many rows."""
    found: dict[str, int] = {}
    tables = client.query(
        "SELECT database, table, arrayStringConcat(groupArray(name), ', ') FROM system.columns"
        " WHERE database IN ('footfall', 'footfall_private') AND type NOT LIKE 'AggregateFunction%'"
        " AND default_kind != 'ALIAS' AND NOT startsWith(table, 'current_') AND NOT endsWith(table, '_feed')"
        " GROUP BY database, table"
    ).result_rows
    for database, table, columns in tables:
        for row in client.query(f"SELECT {columns} FROM {database}.{table}").result_rows:
            if set(row) & set(numbers) or any(text in str(cell) for text in texts for cell in row):
                found[table] = found.get(table, 0) + 1
    return found


def money(client: StoreClient) -> list[Any]:
    return [
        client.query(f"SELECT status, sum({column}) FROM {table} GROUP BY status ORDER BY status").result_rows
        for table, column in (("orders", "total_amount"), ("mv_product_revenue", "total_revenue"))
    ]


def test_of_a_person_nothing_is_left_and_later_items_are_refused(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob, anonymous = new_id("ada"), new_id("bob"), new_id("anon")
    ids = live(shop, ada, anonymous, "order 1", days=40)
    live(shop, bob, new_id("anon"), "order 2")
    numbers = [numeric_id(ada), anonymous_number(anonymous)]
    with store.connect(shop.config, "footfall") as client:
        for table, day in (("mv_user_funnel", "event_date"), ("daily_user_activity", "activity_date")):
            client.command(  # of a day whose raw rows have expired
                f"INSERT INTO {table} ({day}, user_id)"
                " SELECT today() - 200, arrayJoin({ids:Array(UInt64)})",
                parameters={"ids": [*numbers, numeric_id(bob)]},
            )
        before, bobs = money(client), traces(client, [numeric_id(bob)], [bob])
        assert set(traces(client, numbers, [ada])) > {"events", "orders", "users", "dead_letters", "contacts"}
        run = support.run(shop.config, "erase", "--user", ada, "--later", "refuse")
        assert run.returncode == 0, run.stderr
        certificate = json.loads(run.stdout)
        assert ada not in run.stdout and str(numbers[0]) not in run.stdout
        assert certificate["removed"]["events"] == 3 and certificate["pseudonymised"] == 2
        assert certificate["later"] == "refused" and not any(certificate["left"].values())
        assert any("proj_by_user" in place for place in certificate["left"])
        assert traces(client, numbers, [ada]) == {}
        assert traces(client, [numeric_id(bob)], [bob]) == bobs
        assert money(client) == before
        (pseudonyms,) = client.query(
            "SELECT groupUniqArray(user_id) FROM orders WHERE order_id = 'order 1'"
        ).result_rows[0]
        assert len(pseudonyms) == 1
        for file in (shop.config.data_dir / "inbox").glob("inbox.sqlite*"):
            assert ada.encode() not in file.read_bytes()

        one = send(shop, "events", {"event_type": "page_view", "user_id": ada})["error"]
        assert one["errors"][0]["code"] == "erased"
        many = [{"event_type": "page_view", "anonymous_id": anonymous}] * 30
        assert send(shop, "events", *many)["error"]["rejected"] == 30
        assert send(shop, "users", {"user_id": ada, "age": 3})["error"]["rejected"] == 1
        again = send(shop, "events", {"event_id": ids[0], "event_type": "page_view", "user_id": bob})
        assert again["accepted"] == 1  # the index of ids has forgotten it
        send(shop, "orders", {"order_id": "order 1", "status": "refunded"})
        settle(shop)
        assert traces(client, numbers, [ada]) == {}
        left = client.query("SELECT sum(total_amount), uniq(user_id) FROM orders WHERE order_id = 'order 1'")
        assert left.result_rows == [(Decimal(0), 1)]
    monkeypatch.setattr(terminal, "catalogue", lambda _: {})
    found = audit(shop.config)
    assert not found.differs, list(found.lines())
    assert list((shop.config.data_dir / "erasures").glob("*.json"))


# Of each way to be killed: after which call, and what of its arguments. A process of its own for each.
_KILLED = """
import os, signal, sys
from footfall import config
from footfall.ingest import erased
from footfall.schema import rebuild
from footfall.upkeep import erase, months, scrub

def killed_after(owner, name, what=None):
    original = getattr(owner, name)
    def call(*arguments, **named):
        result = original(*arguments, **named)
        if what is None or what in arguments:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, call)

erased.LOOK_S = 0
for point in (
    (rebuild.Month, "catch_up"),
    (scrub, "scrub"),
    (rebuild.Month, "finish"),
    (erase._Erasure, "_delete", "footfall.events"),
    (months, "rebuild"),
    (erase._Erasure, "_delete", "footfall.identities"),
    (scrub, "unindex"),
):
    child = os.fork()
    if child == 0:
        killed_after(*point)
        erase.erase(config.load(), sys.argv[1], refuse=True)
        os._exit(0)
    if os.waitpid(child, 0)[1] != signal.SIGKILL:
        sys.exit(f"{point[1:]} was not reached")
"""


def test_a_run_that_is_killed_at_any_moment_is_completed_by_the_next(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve, bob, anonymous, order = (new_id(name) for name in ("eve", "bob", "anon", "order"))
    ids = live(shop, eve, anonymous, order)
    batch = send(shop, "events", {"event_type": "page_view", "user_id": eve, "shade": "red"})["error"]
    live(shop, bob, new_id("anon"), new_id("order"))
    with store.connect(shop.config, "footfall") as client:
        before, bobs = money(client), traces(client, [numeric_id(bob)], [bob])
        run = subprocess.run(
            [sys.executable, "-c", _KILLED, eve],
            env=support.environ_of(shop.config),
            capture_output=True,
            check=False,
            timeout=300,
        )
        assert run.returncode == 0, run.stderr.decode()
        # The fence is down, and what comes between the runs is nobody's to lose.
        guest = new_id("guest")
        assert shop.post("events", [{"event_type": "page_view", "user_id": guest}], wait=True).status == 200
        last = support.run(shop.config, "erase", "--user", eve, "--later", "refuse")
        assert last.returncode == 0, last.stderr
        certificate = json.loads(last.stdout)
        assert certificate["resumed"] and not any(certificate["left"].values())
        assert traces(client, [numeric_id(eve), anonymous_number(anonymous)], [eve]) == {}
        assert traces(client, [numeric_id(bob)], [bob]) == bobs
        assert money(client) == before
        send(shop, "orders", {"order_id": order, "status": "refunded"})
        settle(shop)
        rest = client.query(
            "SELECT sum(total_amount), uniq(user_id) FROM orders WHERE order_id = {order:String}",
            parameters={"order": order},
        )
        assert rest.result_rows == [(Decimal(0), 1)]  # one pseudonym, in the table and in ingest's record
        assert shop.get(f"/v1/receipts/{batch['batch_id']}").status == 404
        again = [{"event_id": id_, "event_type": "page_view", "user_id": bob} for id_ in ids]
        assert send(shop, "events", *again)["accepted"] == 3  # the index of ids has forgotten them
        assert traces(client, [numeric_id(guest)], [])["events"] == 1
    assert not list((shop.config.data_dir / "erasures").glob("*.unfinished"))
    monkeypatch.setattr(terminal, "catalogue", lambda _: {})
    found = audit(shop.config)
    assert not found.differs, list(found.lines())


def test_later_items_may_be_kept(shop: Client) -> None:
    user = new_id("user")
    live(shop, user, new_id("anon"), new_id("order"))
    assert support.run(shop.config, "erase", "--user", user, "--later", "keep").returncode == 0
    time.sleep(erased.LOOK_S)  # what ingest needs to notice
    assert send(shop, "events", {"event_type": "page_view", "user_id": user})["accepted"] == 1
    settle(shop)
    with store.connect(shop.config, "footfall") as client:
        assert set(traces(client, [numeric_id(user)], [])) == {
            "events",
            "users",
            "mv_user_funnel",
            "daily_user_activity",
        }


def test_what_waits_in_the_inbox_is_scrubbed(tmp_path: Path) -> None:
    ada, bob = new_id("ada"), new_id("bob")
    inbox = Inbox(tmp_path / "inbox", 1 << 30)
    items: list[list[Entry]] = []
    letters: list[Entry] = []
    for user in (ada, bob):
        for kind, item in (
            ("events", {"event_type": "login", "user_id": user, "anonymous_id": f"{user} before"}),
            ("users", {"user_id": user, "email": "e@example.org"}),
            (
                "orders",
                {"order_id": f"order {len(items)}", "user_id": user, "status": "completed", "lines": LINES},
            ),
            ("events", {"event_type": "login", "user_id": user, "colour": 1}),
        ):
            good, _, bad = validated(kind, json.dumps(item).encode())  # type: ignore[arg-type]
            items += good
            letters += bad
    asyncio.run(inbox.accept(Batch(new_batch_id(NOW_MS), items, letters)))
    with closing(sqlite3.connect(tmp_path / "inbox" / "inbox.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        done = scrub.Scrubbed()
        person = Person(ada, {numeric_id(ada), anonymous_number(f"{ada} before")}, {ada})
        with scrub.transaction(connection):
            scrub.scrub(connection, person, 77, done)
        bodies = b"".join(body for (body,) in connection.execute("SELECT body FROM bodies"))
        sizes = chunks.sizes(connection)
        held = "SELECT lane, sum(rows), sum(length(body)) FROM chunks JOIN bodies USING (id) GROUP BY lane"
        assert {lane: (rows, size) for lane, rows, size in connection.execute(held)} == {
            lane: size for lane, size in sizes.items() if size[0]
        }
    inbox.close()
    assert ada.encode() not in bodies and bob.encode() in bodies
    assert numeric_id(ada).to_bytes(8, "little") not in bodies
    assert {lane: rows for lane, (rows, _) in sizes.items() if rows} == {
        "events": 1,
        "identities": 1,
        "user_items": 1,
        "order_items": 2,
        "dead_letters": 1,
    }
    assert done.counts["orders in the inbox"] == 1


_COPYING = """
import fcntl, sys, time

with open(sys.argv[1], "r+b") as shared:
    fcntl.lockf(shared, fcntl.LOCK_EX, 1, 121)  # SQLite's lock of whoever copies the journal
    print("copying", flush=True)
    time.sleep(0.5)
"""


def test_the_journal_is_emptied_also_where_ingest_copies_it_just_then(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, 1 << 30)
    inbox.run(lambda connection: connection.execute("UPDATE early_totals SET bytes = 7"))
    journal = tmp_path / "inbox.sqlite-wal"
    assert journal.stat().st_size > 0
    with subprocess.Popen(
        [sys.executable, "-c", _COPYING, str(tmp_path / "inbox.sqlite-shm")], stdout=subprocess.PIPE
    ) as copying:
        assert copying.stdout is not None and copying.stdout.readline() == b"copying\n"
        with closing(inbox.connect()) as connection:
            scrub.finish(connection)
            assert journal.stat().st_size == 0
    inbox.close()
