"""The log of ingest: one JSON object a line, and nothing in it that a shop or its shoppers would not tell."""

import contextlib
import json
import logging
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from footfall import store
from footfall.config import Config
from footfall.ingest import keys, logs
from footfall.schema.migrate import migrate
from tests import support
from tests.ingest.client import Client, settle
from tests.ingest.page import SHOP, Page, view

Start = Callable[..., support.Process]

PERSONAL = {
    "name": "Adalovelace Planted",
    "email": "planted@example.org",
    "phone": "+49-170-5550199",
    "user": "planted-user-7",
    "address": "192.0.2.199",
    "agent": "PlantedBrowser/9.9",
    "search": "planted-search-term",
    "page": "/planted-page",
    "order": "planted-order-1",
    "session": "planted-session-2",
    "product": "planted-product-3",
}
PAGE_UUID = "0b0b0b0b-1111-4222-8333-feedfacefeed"


def sendings(shop: Client) -> None:
    """Good and bad items of every kind, all of them full of what must not be told."""
    p = PERSONAL
    event = {
        "event_type": "search",
        "user_id": p["user"],
        "session_id": p["session"],
        "search_term": p["search"],
    }
    event |= {
        "page_url": p["page"],
        "client_ip": p["address"],
        "user_agent": p["agent"],
        "product_id": p["product"],
    }
    user = {"user_id": p["user"], "name": p["name"], "email": p["email"], "phone": p["phone"]}
    line = {"product_id": p["product"], "quantity": 1, "unit_price": "9.90"}
    order = {"order_id": p["order"], "status": "completed", "user_id": p["user"], "lines": [line]}
    shop.post("events", [event, event | {"colour": p["email"]}, event | {"quantity": p["name"]}])
    shop.post("events", json.dumps([event, event]).encode()[:-40])
    shop.post("events", f'{{"event_type": "x", "{p["email"]}": 1}}'.encode())
    shop.post("events", b"\xff" + json.dumps(event).encode())
    shop.post("users", [user, user | {"age": p["phone"]}, user | {"updated_at": p["name"]}])
    shop.post("orders", [order, order | {"status": "refunded", "order_id": f"{p['order']}-x"}])
    shop.post("orders", order | {"currency": p["name"]})
    shop.post("products", {"product_id": p["product"], "name": p["name"], "price": p["email"]})
    shop.post("events", event, headers={"X-Footfall-Import": "1"})
    shop.post(f"{p['user']}", event)
    shop.get(f"/v1/receipts/{p['user']}")
    track: dict[str, Any] = {
        "type": "track",
        "userId": p["user"],
        "event": "Order Completed",
        "messageId": p["order"],
    }
    track |= {"context": {"ip": p["address"], "userAgent": p["agent"]}, "properties": {"total": p["name"]}}
    shop.post("batch", {"batch": [track, {"type": "identify", "userId": p["user"], "traits": user}]})
    shop.post("track", track | {"type": p["email"]})


def wrong_requests(shop: Client, secrets: list[str]) -> None:
    """Requests that HTTP, access and bodies refuse."""
    for secret in secrets:
        shop.request("POST", "/v1/events", b"{}", {"Authorization": f"Bearer x{secret}"})
        shop.request("POST", f"/v1/browser?key=x{secret}", b"{}", {"Origin": f"https://{secret}.example"})
        shop.request(
            "GET", f"/{secret}?key={secret}", None, {"Origin": f"https://{PERSONAL['user']}.example"}
        )
    for raw in (f"GET /{PERSONAL['email']} HTTP/9.9\r\n\r\n", f"{PERSONAL['email']}\r\n\r\n"):
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", shop.config.ingest_port)) as s,
        ):
            s.sendall(raw.encode())
            s.recv(1_000)
    head = f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secrets[0]}\r\n"
    with socket.create_connection(("127.0.0.1", shop.config.ingest_port)) as s:
        s.sendall(f'{head}Content-Length: 99999\r\n\r\n{{"user_id": "{PERSONAL["user"]}'.encode())


def test_nothing_secret_or_personal_is_logged_whatever_goes_wrong(tmp_path: Path, start: Start) -> None:
    config = support.make_config(
        tmp_path, log_level="debug", trusted_proxies="127.0.0.1", geoip_database=tmp_path / "geo.mmdb"
    )
    (tmp_path / "geo.mmdb").write_text(PERSONAL["address"])
    server, browser = (
        keys.create(config, "server", ["events"]),
        keys.create(config, "page", ["browser"], origins=[SHOP]),
    )
    ingest = start("ingest", config)  # its store is away
    shop, page = Client(config), Page(config, browser)
    secrets = [config.write_key, server, browser, config.writer_password]
    sendings(shop)
    wrong_requests(shop, secrets)
    page.send([view(page_url=PERSONAL["page"], session_id=PAGE_UUID), view(colour=PERSONAL["name"])],
              x_forwarded_for=PERSONAL["address"], user_agent=PERSONAL["agent"])  # fmt: skip
    shop.post("events", {"event_type": "x"}, headers={"Authorization": f"Bearer {server}"})

    start("engine", config)
    migrate(config)
    settle(shop)
    with store.connect(config, "footfall") as owner:  # now the store refuses what it is sent
        for table in ("footfall.events", "footfall.users", "footfall_private.contacts"):
            owner.command(f"RENAME TABLE {table} TO {table}_away")
    sendings(shop)
    shop.post("events", {"event_type": "x", "user_id": PERSONAL["user"], "search_term": PERSONAL["search"]})
    wait_for(ingest, "writer")
    keys.path_of(config).write_text(f'[{{"name": "{PERSONAL["name"]}", "digest": "{server}"')
    time.sleep(keys.LOOK_S + 0.1)
    shop.post("events", {"event_type": "x"})
    with contextlib.closing(sqlite3.connect(tmp_path / "inbox" / "inbox.sqlite")) as inbox:
        inbox.execute("DROP TABLE receipts")
    sendings(shop)
    assert shop.get(f"/v1/receipts/{PAGE_UUID}").status == 500
    shop.get("/readyz")
    shop.get("/metrics")
    wait_for(ingest, "failed")
    ingest.stop(30)

    text = ingest.output()
    found = [needle for needle in (*secrets, *PERSONAL.values(), PAGE_UUID) if needle in text]
    assert found == [], text
    lines = [json.loads(line) for line in text.splitlines() if not line.startswith("ingest listens on")]
    assert all({"at", "level", "from", "message"} <= line.keys() for line in lines)
    messages = " ".join(line["message"] for line in lines)
    for told in ("writer", "keys", "GeoIP", "request"):
        assert told in messages, text
    assert any("where" in line for line in lines), text


def wait_for(process: support.Process, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in process.output():
        assert time.monotonic() < deadline, process.output()
        time.sleep(0.05)


@pytest.fixture
def set_up() -> Iterator[None]:
    """Our log lines, and afterwards what was before."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, threading.excepthook
    logs.set_up("info")
    yield
    root.handlers[:], root.level, threading.excepthook = before


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_exception_is_told_by_its_kind_and_place(set_up: None, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers[0].stream = sys.stderr  # type: ignore[attr-defined]
    try:
        raise ValueError(PERSONAL["email"])
    except ValueError:
        logging.getLogger("footfall.x").exception("it failed")
        logging.getLogger("asyncio").exception("Exception in callback %s", PERSONAL["name"])
        logging.getLogger("library").error("cannot read %s\nof it", PERSONAL["name"])
    thread = threading.Thread(target=lambda: int(PERSONAL["phone"]), name="worker")
    thread.start()
    thread.join()
    lines = said(capsys)
    assert [line["message"] for line in lines] == [
        "it failed",
        "the event loop reports an error (test_an_exception_is_told_by_its_kind_and_place)",
        "cannot read %s",
        "thread worker ended",
    ]
    assert {line["error"] for line in lines if "error" in line} == {"ValueError"}
    assert "test_logs.py" in lines[0]["where"]


def test_messages_of_our_own_hold_no_texts_of_requests(own_config: Config) -> None:
    """Our loggers are told names of workers, counts and kinds of errors, as arguments of a fixed text."""
    found = []
    for path in sorted((support.ROOT / "src/footfall/ingest").rglob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if "_log." in line and any(f"{quote}{{" in line or "{error}" in line for quote in ("f'", 'f"')):
                found.append(f"{path.name}:{number}: {line.strip()}")
    assert found == []
