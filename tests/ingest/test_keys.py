"""Write keys: made, used and revoked while ingest runs; what is kept of them is of no use to who finds it."""

import dataclasses
import re
import stat
import time
from collections.abc import Callable
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from footfall.errors import UsageError
from footfall.ingest import keys
from footfall.model import KINDS
from tests import support
from tests.ingest.client import Answer, Client, settle
from tests.ingest.make import new_id

Start = Callable[..., support.Process]
ITEMS: dict[str, dict[str, Any]] = {
    "events": {"event_type": "page_view"},
    "orders": {
        "order_id": "k-1",
        "status": "pending",
        "lines": [{"product_id": 1, "quantity": 1, "unit_price": 1}],
    },
    "users": {"user_id": "k-1", "country": "DE"},
    "products": {"product_id": "k-1", "name": "Cup"},
}


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def made(config: Config, *arguments: str) -> tuple[str, str]:
    """A new key's name and text, made by the command."""
    name = new_id("key")
    done = support.run(config, "keys", "create", name, *arguments)
    assert done.returncode == 0, done.stderr
    return name, done.stdout.strip()


def within_a_second(ask: Callable[[], Answer], status: int) -> Answer:
    deadline = time.monotonic() + 1.5
    while (answer := ask()).status != status and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def test_a_key_works_until_it_is_revoked_while_ingest_runs(shop: Client) -> None:
    name, text = made(shop.config, "--rights", "events,users")
    assert re.fullmatch(r"ff_[\w-]{43}", text)
    sent = lambda: shop.post("events", ITEMS["events"], headers=bearing(text))  # noqa: E731
    assert within_a_second(sent, 202).status == 202
    assert shop.post("events", ITEMS["events"]).status == 202
    assert support.run(shop.config, "keys", "revoke", name).returncode == 0
    assert within_a_second(sent, 401).status == 401


def test_each_right_opens_one_door(shop: Client) -> None:
    for right in KINDS:
        _, text = made(shop.config, "--rights", right)
        opened = within_a_second(lambda: shop.post(right, ITEMS[right], headers=bearing(text)), 202)  # noqa: B023
        assert opened.status == 202
        for kind in set(KINDS) - {right}:
            refused = shop.post(kind, ITEMS[kind], headers=bearing(text))
            assert (refused.status, refused.body["error"]["name"]) == (403, "FORBIDDEN")
            assert text not in str(refused.body)


def test_a_browser_key_opens_no_door_of_servers(shop: Client) -> None:
    _, text = made(shop.config, "--rights", "browser", "--origin", "https://shop.example")
    assert text.startswith("ffb_")
    for kind in KINDS:
        ask = lambda: shop.post(kind, ITEMS[kind], headers=bearing(text))  # noqa: B023, E731
        assert within_a_second(ask, 403).status == 403
    assert shop.get("/v1/receipts/00000000-0000-7000-8000-000000000000", bearing(text)).status == 403


def test_dead_letters_and_metrics_name_the_key_and_never_hold_it(
    shop: Client, store_client: StoreClient
) -> None:
    name, text = made(shop.config, "--rights", "events")
    bad = {"bad": new_id()}
    within_a_second(lambda: shop.post("events", bad, headers=bearing(text)), 422)
    settle(shop)
    found = store_client.query("SELECT DISTINCT key_name FROM footfall_private.dead_letters").result_rows
    assert found == [(name,)]
    metrics = shop.get("/metrics").body
    assert f'footfall_ingest_key_items_total{{key="{name}",outcome="rejected"}} 1.0' in metrics
    assert text not in metrics


def test_every_process_of_an_inbox_knows_a_new_key(own_config: Config, start: Start) -> None:
    other = dataclasses.replace(own_config, ingest_port=support.free_port())
    start("ingest", own_config), start("ingest", other)
    _, text = made(own_config, "--rights", "events")
    for config in (own_config, other):
        client = Client(config)
        ask = lambda: client.post("events", ITEMS["events"], headers=bearing(text))  # noqa: B023, E731
        assert within_a_second(ask, 202).status == 202


def test_what_is_kept_is_a_hash_that_its_owner_alone_reads(own_config: Config) -> None:
    name, text = made(own_config, "--rights", "orders")
    path = keys.path_of(own_config)
    kept = path.read_text()
    assert text not in kept
    assert keys.digest_of(text) in kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    listed = support.run(own_config, "keys", "list").stdout
    assert name in listed
    assert text not in listed
    assert keys.digest_of(text) not in listed


def test_a_file_that_cannot_be_read_changes_nothing(
    own_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = keys.create(own_config, "server", ["events"])
    known = keys.Keys(own_config)
    monkeypatch.setattr(keys, "LOOK_S", 0)
    keys.path_of(own_config).write_text("{")
    assert known.find(text) is not None
    with pytest.raises(UsageError, match="cannot read the keys"):
        keys.create(own_config, "other", ["events"])
    keys.path_of(own_config).unlink()
    assert known.find(text) is None
    assert known.find(own_config.write_key) is not None


@pytest.mark.parametrize(
    ("name", "rights", "options", "says"),
    [
        ("Shop", ["events"], {}, "no name"),
        ("default", ["events"], {}, "no name"),
        ("a", [], {}, "at least one right"),
        ("a", ["everything"], {}, "no right 'everything'"),
        ("a", ["browser,orders"], {}, "no other right"),
        ("a", ["browser"], {}, "--origin"),
        ("a", ["browser"], {"origins": ["shop.example"]}, "no origin"),
        ("a", ["browser"], {"origins": ["*"]}, "no origin"),
        ("a", ["browser"], {"origins": ["https://shop.example/path"]}, "no origin"),
        ("a", ["browser"], {"origins": ["https://me@shop.example"]}, "no origin"),
        (
            "a",
            ["browser"],
            {"origins": ["http://x.example"], "event_types": ["refund"]},
            "no refunds|send refunds",
        ),
        ("a", ["events"], {"origins": ["http://x.example"]}, "browser keys alone"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(
    own_config: Config, name: str, rights: list[str], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        keys.create(own_config, name, rights, **options)
    assert keys.read(keys.path_of(own_config)) == []


def test_a_name_is_taken_once_and_is_free_again_after_its_revocation(own_config: Config) -> None:
    first = keys.create(own_config, "server", ["events"])
    with pytest.raises(UsageError, match="already"):
        keys.create(own_config, "server", ["events"])
    keys.revoke(own_config, "server")
    with pytest.raises(UsageError, match="no key server"):
        keys.revoke(own_config, "server")
    assert keys.create(own_config, "server", ["events"]) != first


def test_origins_are_kept_as_browsers_send_them(own_config: Config) -> None:
    given = [
        "HTTPS://Shop.Example/",
        "http://shop.example:80",
        "https://shop.example:8443",
        "http://[::1]:3000",
    ]
    keys.create(own_config, "page", ["browser"], origins=given)
    (key,) = keys.read(keys.path_of(own_config))
    assert key.origins == (
        "https://shop.example",
        "http://shop.example",
        "https://shop.example:8443",
        "http://[::1]:3000",
    )
