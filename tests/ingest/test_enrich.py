"""What an event gets from its user agent and its address, and that neither is kept."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from footfall.ingest import geoip
from footfall.ingest.agents import BOT, LENGTH_LIMIT, describe
from footfall.ingest.fields import Rules
from footfall.ingest.geoip import GeoIp
from tests import support
from tests.ingest.agents import CHROME, GOOGLEBOT, GPTBOT, SAFARI_IPHONE
from tests.ingest.make import RULES, row, validated

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) {}Chrome/141.0.0.0 {}"
)


@pytest.mark.parametrize(
    ("user_agent", "device_type", "browser"),
    [
        (CHROME, "desktop", "Chrome"),
        (f"{CHROME} Edg/141.0.0.0", "desktop", "Edge"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "desktop", "Firefox"),
        (SAFARI_IPHONE, "mobile", "Safari"),
        (SAFARI_IPHONE.replace("iPhone;", "iPad;"), "tablet", "Safari"),
        (ANDROID.format("", "Mobile Safari/537.36"), "mobile", "Chrome"),
        (ANDROID.format("", "Safari/537.36"), "tablet", "Chrome"),
        (ANDROID.format("SamsungBrowser/25.0 ", "Mobile Safari/537.36"), "mobile", "Samsung Internet"),
        (ANDROID.replace("SM-S911B", "CUBOT X30").format("", "Mobile Safari/537.36"), "mobile", "Chrome"),
        (
            "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 Version/6.0 TV Safari/538.1",
            "tv",
            "Safari",
        ),
        ("okhttp/4.12.0", "mobile", "okhttp"),
        ("Dalvik/2.1.0 (Linux; U; Android 13; SM-S911B Build/TP1A.220624)", "mobile", "Android"),
        ("Shop/1.2 CFNetwork/1410.0.3 Darwin/22.6.0", "mobile", "Shop"),
        (f"{SAFARI_IPHONE[:-15]} Instagram 300.0.0.0", "mobile", "Instagram"),
        (GOOGLEBOT, BOT, "Googlebot"),
        (GPTBOT, BOT, "GPTBot"),
        (CHROME.replace("Chrome/", "HeadlessChrome/"), BOT, "HeadlessChrome"),
        ("curl/8.5.0", BOT, "curl"),
        ("python-requests/2.32", BOT, "Python Requests"),
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", BOT, "AhrefsBot"),
        ("", "", ""),
        ("nonsense", "", ""),
    ],
)
def test_a_user_agent_tells_device_and_browser(user_agent: str, device_type: str, browser: str) -> None:
    assert describe(user_agent) == (device_type, browser)


def test_every_program_that_the_list_knows_is_one() -> None:
    known = [agent for entry in CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]]
    assert len(known) > 1_000
    others = [agent for agent in known if not describe(agent).bot]
    assert [agent for agent in others if not agent.startswith("okhttp/")] == []  # which is what apps use


def test_a_user_agent_of_any_length_is_cut() -> None:
    assert describe(CHROME + "x" * 100_000).browser == "Chrome"
    assert describe("x" * LENGTH_LIMIT + "Googlebot").bot is False


def event(**values: Any) -> bytes:
    return json.dumps({"event_type": "page_view"} | values).encode()


def test_what_the_sender_says_holds() -> None:
    told = row("events", event(user_agent=SAFARI_IPHONE, device_type="kiosk", user_id=7))
    assert (told["device_type"], told["browser"], told["user_id"]) == ("kiosk", "Safari", 7)
    assert row("events", event(device_type="kiosk"))["browser"] == ""


def test_a_bots_event_stays_and_counts_for_nobody() -> None:
    good, errors, _ = validated(
        "events", event(user_agent=GPTBOT, user_id=7, anonymous_id="a", session_id="s", device_type="mobile")
    )
    assert not errors
    assert [entry.lane for entry in good[0]] == ["events"]  # and no identity
    bot = row("events", event(user_agent=GPTBOT, user_id=7, session_id="s", page_url="/cup"))
    assert (bot["event_type"], bot["user_id"], bot["session_id"]) == ("bot_page_view", 0, "")
    assert (bot["device_type"], bot["browser"], bot["page_url"]) == ("bot", "GPTBot", "/cup")


def test_money_is_never_a_bots() -> None:
    paid = row("events", event(event_type="purchase", revenue=9.9, user_agent="axios/1.6.2", user_id=7))
    assert (paid["event_type"], paid["user_id"], paid["revenue"]) == ("purchase", 7, 99_000)
    assert (
        row("events", event(event_type="purchase", user_agent="axios/1.6.2"))["event_type"] == "bot_purchase"
    )


@pytest.mark.parametrize("value", [5, ["x"], {"a": 1}])
def test_a_user_agent_is_a_text(value: Any) -> None:
    _, errors, _ = validated("events", event(user_agent=value))
    assert errors[0].field == "user_agent"


def test_a_user_agent_longer_than_any_is_no_reason_to_lose_an_event() -> None:
    assert row("events", event(user_agent=CHROME + " x" * 5_000))["browser"] == "Chrome"


def database(path: Path, **countries: str) -> Path:
    """A GeoIP database of networks by country."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-Country", languages=["en"])
    for code, network in countries.items():
        writer.insert_network(IPSet([network]), {"country": {"iso_code": code}})
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def countries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GeoIp:
    monkeypatch.setattr(geoip, "LOOK_S", 0)
    return GeoIp(database(tmp_path / "geo.mmdb", DE="192.0.2.0/24", GB="2001:db8::/32"))


def test_the_country_comes_from_the_sender_else_from_the_address(countries: GeoIp) -> None:
    rules = Rules(RULES.currency, 90, 365, countries)

    def country(**values: str) -> Any:
        return row("events", event(**values), rules)["country"]

    assert country(client_ip="192.0.2.7") == "DE"
    assert country(client_ip="2001:db8::1") == "UK"
    assert country(client_ip="192.0.2.7", country="FR") == "FR"
    assert country(client_ip="198.51.100.1") == "ZZ"
    assert country(client_ip="::ffff:192.0.2.7") == "DE"
    assert country(client_ip="nonsense") == country(client_ip="") == country() == "ZZ"
    assert row("events", event(client_ip="192.0.2.7"))["country"] == "ZZ"  # no database


def test_a_new_database_is_read_however_it_is_put_there(countries: GeoIp, tmp_path: Path) -> None:
    path = tmp_path / "geo.mmdb"
    assert countries.country("192.0.2.7") == "DE"
    new = database(tmp_path / "new", FR="192.0.2.0/24", IT="198.51.100.0/24")
    shutil.copyfile(new, path)  # over the old one, in place
    assert (countries.country("192.0.2.7"), countries.country("198.51.100.1")) == ("FR", "IT")
    database(tmp_path / "new", ES="192.0.2.0/24").replace(path)
    assert countries.country("192.0.2.7") == "ES"


def test_a_database_that_cannot_be_read_leaves_the_last_one(countries: GeoIp, tmp_path: Path) -> None:
    assert countries.country("192.0.2.7") == "DE"
    for content in (b"", b"nonsense", b"\xab\xcd\xefMaxMind.com"):
        (tmp_path / "geo.mmdb").write_bytes(content)
        assert countries.country("192.0.2.7") == "DE"
    (tmp_path / "geo.mmdb").unlink()
    assert countries.country("192.0.2.7") == "DE"
    assert GeoIp(tmp_path / "nothing").country("192.0.2.7") is None


def test_what_there_is_to_say_of_a_database_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = database(tmp_path / "geo.mmdb", DE="192.0.2.0/24")
    config = support.make_config(tmp_path, geoip_database=path)
    caplog.set_level("INFO")
    for rules in (Rules.of(config), Rules.of(config)):  # of requests, and of the browser's
        assert rules.countries is not None
        assert rules.countries.country("192.0.2.7") == "DE"
    assert [one.message for one in caplog.records] == ["the GeoIP database is read"]


def test_a_dead_letter_holds_no_address() -> None:
    for text in (
        b'{"event_type": "x", "colour": 1, "client_ip": "192.0.2.7"}',
        b'{"event_type": "x", "client_ip" : "2001:db8::7", "colour": 1}',
        b'{"context": {"ip": "192.0.2.7"}}',
        b'{"event_type": "x", "client_ip": "192.0.2.7',
        b'\xff{"event_type": "x", "client_ip": "192.0.2.7"}',
    ):
        _, errors, letters = validated("events", text)
        assert errors
        assert b"192.0.2.7" not in letters[0].row[7]
        assert b"2001:db8" not in letters[0].row[7]
        assert b"event_type" in letters[0].row[7] or b"context" in letters[0].row[7]
