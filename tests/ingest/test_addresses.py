"""Clients' addresses: what they bound, whom they tell apart, and that they are stored nowhere."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.requests import Request

from footfall import store
from footfall.config import networks
from footfall.ingest import keys
from footfall.ingest.browser import rates
from footfall.ingest.browser.beacon import client_address
from footfall.ingest.browser.rates import ADDRESS_SHARE, BURST_S, LEAST_BURST, Rates
from footfall.ingest.browser.visitors import Visitors
from footfall.schema.migrate import migrate
from tests import support
from tests.ingest.agents import CHROME, GPTBOT
from tests.ingest.client import Client, settle
from tests.ingest.page import SHOP, Page, view
from tests.ingest.test_enrich import database

Start = Callable[..., support.Process]


@dataclasses.dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_one_address_cannot_use_up_what_the_key_may_send() -> None:
    clock = Clock()
    limits = Rates(clock)
    sent = sum(not limits.take("key", 100, "192.0.2.1", 10) for _ in range(1_000))
    assert sent * 10 == 100 * ADDRESS_SHARE * BURST_S
    assert limits.take("key", 100, "192.0.2.2", 10) == 0
    wait = limits.take("key", 100, "192.0.2.1", 10)
    assert wait == pytest.approx(10 / (100 * ADDRESS_SHARE))
    clock.now += wait + 0.001
    assert limits.take("key", 100, "192.0.2.1", 10) == 0
    assert limits.take("key", 100, "192.0.2.1", 10) > 0
    assert limits.take("other key", 100, "192.0.2.1", 10) == 0


def test_all_addresses_together_send_at_the_keys_rate() -> None:
    clock = Clock()
    limits = Rates(clock)
    taken = 0
    for second in range(100):
        clock.now = second
        taken += sum(not limits.take("key", 20, f"2001:db8:{second:x}:{n:x}::1", 1) for n in range(100))
    assert taken <= 20 * BURST_S + 20 * 99
    assert taken >= 20 * 99


def test_addresses_are_not_remembered_and_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "SWEEP_AT", 100)
    clock = Clock()
    limits = Rates(clock)
    for number in range(10_000):
        clock.now += 0.1
        limits.take("key", 10, f"10.0.{number // 250}.{number % 250}", 1)
    assert len(limits._addresses) <= 101
    assert not any(b"10.0" in name for name in limits._addresses)


def test_an_ipv6_subscriber_is_one_address() -> None:
    limits = Rates(Clock())
    sent = sum(not limits.take("key", 20, f"2001:db8::{n:x}", 1) for n in range(1_000))
    assert sent == LEAST_BURST


def test_an_id_of_a_visitor_holds_for_a_site_and_a_day(tmp_path: Path) -> None:
    clock = Clock(now=1_800_000_000.0)
    visitors, other_process = Visitors(tmp_path, clock), Visitors(tmp_path, clock)
    first = visitors.id("shop.example", "192.0.2.1", CHROME)
    assert first == other_process.id("shop.example", "192.0.2.1", CHROME)
    others = {
        visitors.id("other.example", "192.0.2.1", CHROME),
        visitors.id("shop.example", "192.0.2.2", CHROME),
        visitors.id("shop.example", "192.0.2.1", GPTBOT),
    }
    assert len(others | {first}) == 4
    salt = (tmp_path / "visitors.salt").read_bytes()
    assert (tmp_path / "visitors.salt").stat().st_mode & 0o777 == 0o600
    clock.now += 86_400
    assert visitors.id("shop.example", "192.0.2.1", CHROME) != first
    assert salt.partition(b" ")[2] not in (tmp_path / "visitors.salt").read_bytes()
    clock.now -= 86_400
    assert Visitors(tmp_path, clock).id("shop.example", "192.0.2.1", CHROME) != first  # the salt is gone


@pytest.mark.parametrize(
    ("connection", "forwarded", "address"),
    [
        ("198.51.100.9", ["192.0.2.1"], "198.51.100.9"),  # not a proxy of ours: anybody can write the header
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.5, 192.0.2.1"], "192.0.2.1"),  # what stands before may be made up
        ("10.0.0.1", ["203.0.113.5, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.5", "192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("10.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("", ["192.0.2.1"], ""),
    ],
)
def test_only_a_trusted_proxy_says_whose_address_it_is(
    connection: str, forwarded: list[str], address: str
) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    request = Request({"type": "http", "client": (connection, 1), "headers": headers})
    assert client_address(request, networks("10.0.0.0/8")) == address


def test_addresses_give_countries_and_are_stored_nowhere(tmp_path: Path, start: Start) -> None:
    """Everything that a stack writes is searched for the addresses and user agents that it was sent, while it
    waits in the inbox and when it is in the store."""
    geo = database(tmp_path / "geo.mmdb", DE="192.0.2.0/24")
    data = tmp_path / "data"
    data.mkdir()
    config = support.make_config(data, geoip_database=geo, trusted_proxies="127.0.0.1", log_level="debug")
    text = keys.create(config, "page", ["browser"], origins=[SHOP])
    ingest = start("ingest", config)
    page, shop = Page(config, text), Client(config)
    planted = "192.0.2.77"
    assert page.send(view(), x_forwarded_for=planted).status == 202
    assert page.send(view(colour=1), x_forwarded_for=planted).status == 422
    shop.post("events", {"event_type": "page_view", "client_ip": planted, "user_agent": "Planted/7"})
    shop.post("events", {"event_type": "page_view", "client_ip": planted, "colour": 1})
    track = {"type": "track", "event": "Cup Seen", "userId": "u", "context": {"ip": planted}}
    assert shop.post("track", track).status == 200
    assert shop.post("track", track | {"userId": {}}).status == 400
    paid = {"order_id": "1", "products": [{"product_id": "7", "price": 5, "quantity": 1}]}
    assert shop.post("track", track | {"event": "Order Completed", "properties": paid}).status == 200
    bought = {
        "event_type": "purchase",
        "event_id": "b",
        "transaction_id": "2",
        "items": [{"item_id": "7", "price": 5}],
    }
    assert shop.post("events", bought | {"user_id": 7, "client_ip": planted}).status == 202

    def found() -> list[Path]:
        needles = (planted.encode(), b"Planted/7", b"Windows NT 10.0")
        files = [path for path in data.rglob("*") if path.is_file()]
        return [path for path in files if any(needle in path.read_bytes() for needle in needles)]

    assert found() == []
    assert shop.get("/readyz").body["inbox"]["rows"] > 6
    start("engine", config)
    migrate(config)
    settle(shop)
    ingest.stop()
    assert found() == []
    with store.connect(config, "footfall") as client:
        countries = client.query("SELECT country, count() FROM events GROUP BY country").result_rows
        letters = client.query("SELECT raw FROM footfall_private.dead_letters ORDER BY raw").result_rows
        sold = client.query("SELECT country, count() FROM orders GROUP BY country").result_rows
    assert [tuple(row) for row in countries] == [("DE", 5)]
    assert [tuple(row) for row in sold] == [("DE", 2)]
    assert [raw.count('"ip": ""') + raw.count('"client_ip": ""') for (raw,) in letters] == [1, 1]
