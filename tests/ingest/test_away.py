"""Ingest without its store, with a full inbox, and beside another ingest on the same inbox."""

import contextlib
import dataclasses
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from footfall import store
from footfall.config import Config
from footfall.schema.migrate import migrate
from tests import support
from tests.ingest.client import Client, settle
from tests.ingest.make import new_id

Start = Callable[..., support.Process]


def views(count: int) -> list[dict[str, Any]]:
    return [{"event_type": "page_view", "event_id": new_id()} for _ in range(count)]


def stored(config: Config) -> int:
    with store.connect(config, "footfall") as client:
        ((rows, distinct),) = client.query("SELECT count(), uniqExact(event_id) FROM events").result_rows
    assert rows == distinct
    return int(rows)


@contextlib.contextmanager
def babbling(port: int) -> Iterator[None]:
    """A store that ends in the middle of each answer."""
    listener = socket.create_server(("127.0.0.1", port))

    def babble() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.recv(1 << 16)
                connection.sendall(b"HTTP/")
                connection.close()

    thread = threading.Thread(target=babble)
    thread.start()
    yield
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()


def test_without_its_store_ingest_accepts_until_the_inbox_is_full(tmp_path: Any, start: Start) -> None:
    config = support.make_config(tmp_path, inbox_limit_bytes=1 << 20)
    start("ingest", config)
    shop = Client(config)
    assert shop.get("/healthz").status == 200
    state = shop.get("/readyz")
    assert (state.status, state.body["accepting"], state.body["store_reachable"]) == (503, True, False)
    with babbling(config.engine_port):
        state = shop.get("/readyz")
        assert (state.status, state.body["store_reachable"]) == (503, False)
        imported = shop.post("events", views(1), headers={"X-Footfall-Import": "1"})
        assert imported.status == 503
    accepted = 0
    while (answer := shop.post("events", views(1_000))).status == 202:
        accepted += answer.body["accepted"]
        assert accepted < 50_000
    assert (answer.status, answer.body["error"]["name"]) == (429, "OVERLOADED")
    assert answer.headers["retry-after"]
    imported = shop.post("events", views(1), headers={"X-Footfall-Import": "1"})
    assert imported.status == 503
    start("engine", config)
    migrate(config)
    settle(shop)
    assert stored(config) == accepted
    assert shop.post("events", views(1), wait=True).status == 200


def test_two_processes_share_one_inbox_and_the_second_takes_over(own_config: Config, start: Start) -> None:
    start("engine", own_config)
    migrate(own_config)
    other_config = dataclasses.replace(own_config, ingest_port=support.free_port())
    first, _ = start("ingest", own_config), start("ingest", other_config)
    one, other = Client(own_config), Client(other_config)
    batch = views(50)
    assert one.post("events", batch).body["accepted"] == 50
    assert other.post("events", [*batch, *views(5)], wait=True).body["duplicate"] == 50
    first.kill()
    late = other.post("events", [*batch, *views(7)], wait=True)
    assert (late.status, late.body["accepted"], late.body["duplicate"]) == (200, 7, 50)
    assert other.get("/readyz").body["writes"] is True
    assert stored(own_config) == 62


def test_the_log_says_once_that_the_store_is_away_and_once_that_it_is_back(
    own_config: Config, start: Start
) -> None:
    ingest = start("ingest", own_config)
    shop = Client(own_config)
    shop.post("events", views(3))
    shop.post("users", {"user_id": new_id(), "name": "Ada"})
    while retries(shop) < 10:
        time.sleep(0.05)
    start("engine", own_config)
    migrate(own_config)
    settle(shop)
    deadline = time.monotonic() + 10
    while "works again" not in ingest.output() and time.monotonic() < deadline:
        time.sleep(0.05)
    lines = [json.loads(line) for line in ingest.output().splitlines() if line.startswith("{")]
    told = [line["message"].partition(": ")[2] for line in lines if "trying again" in line["message"]]
    assert told
    assert len(told) == len(set(told)) < 5
    (back,) = [line["message"] for line in lines if "works again" in line["message"]]
    assert int(back.split()[-3]) >= 10


def retries(shop: Client) -> float:
    """Rounds of the writer that failed, of all lanes."""
    lines = shop.get("/metrics").body.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("footfall_ingest_retries_total"))
