"""Away from loopback each path needs a login, and some the role admin: over real HTTP, on both pages."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.dashboard.app import create as create_dashboard
from footfall.live.app import create as create_live
from footfall.query import catalogue
from footfall.web import credentials
from footfall.web.login import HASHING
from tests import support
from tests.dashboard.http import get, post
from tests.ingest.client import Client as Shop
from tests.ingest.client import settle
from tests.live.stream import Stream

ADMIN, VIEWER = "correct horse battery", "staple of the wall"
PUBLIC = {"/healthz", "/icon.svg", "/static/<name>", "/login", "/logout"}
FOR_ADMINS = {"/api/dead-letters", "/api/dead-letters/<kind>/<reason>"}


@pytest.fixture(scope="module")
def opened(config: Config) -> Iterator[Config]:
    """Both pages on every address; the admin's password is given as its hash."""
    opened = replace(
        config,
        host="0.0.0.0",
        dashboard_port=support.free_port(),
        live_port=support.free_port(),
        clickhouse_url=config.store_url,
        admin_password=credentials.hash_password(ADMIN),
        viewer_password=VIEWER,
    )
    running = [support.start(page, opened) for page in ("dashboard", "live")]
    yield opened
    for process in running:
        process.stop()


@dataclass
class Reply:
    """Status and headers of an answer, redirects not followed."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def send(
    port: int, method: str, path: str, headers: dict[str, str], body: str = "", source: str = "127.0.0.1"
) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    reply = Reply(response.status, response.headers, b"" if path == "/events" else response.read())
    connection.close()
    return reply


def log_in(
    port: int, password: str, following: str = "/", source: str = "127.0.0.1", **headers: str
) -> Reply:
    form = urlencode({"password": password, "next": following})
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
    return send(port, "POST", "/login", headers, form, source)


def session(port: int, password: str) -> dict[str, str]:
    """Headers of a browser that is logged in."""
    cookie = log_in(port, password).headers["Set-Cookie"]
    return {"Cookie": cookie.partition(";")[0]}


def test_every_path_of_both_pages_asks_for_its_role(opened: Config) -> None:
    viewer = session(opened.dashboard_port, VIEWER)
    for app, port in (
        (create_dashboard(opened), opened.dashboard_port),
        (create_live(opened), opened.live_port),
    ):
        for rule in app.url_map.iter_rules():
            if rule.rule in PUBLIC:
                continue
            path = rule.rule
            for name, value in {"<name>": "stats", "<kind>": "events", "<reason>": "unknown_field"}.items():
                path = path.replace(name, value)
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            headers = {"Content-Type": "application/json"} if method == "POST" else {}
            assert send(port, method, path, headers, "{}" * (method == "POST")).status == 401, path
            status = send(port, method, path, headers | viewer, "{}" * (method == "POST")).status
            refused = rule.rule in FOR_ADMINS or (method == "POST" and rule.rule.startswith("/api/"))
            assert (status == 403) is refused, (path, status)


def test_a_browser_is_sent_to_the_login_and_back(opened: Config) -> None:
    port = opened.live_port
    asked = send(port, "GET", "/?theme=dark", {"Accept": "text/html"})
    assert (asked.status, asked.headers["Location"]) == (303, "/login?next=/%3Ftheme%3Ddark")
    page = send(port, "GET", asked.headers["Location"], {})
    assert page.status == 200 and b'value="/?theme=dark"' in page.body
    reply = log_in(port, ADMIN, "/?theme=dark")
    assert (reply.status, reply.headers["Location"]) == (303, "/?theme=dark")
    for flag in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert flag in reply.headers["Set-Cookie"]
    assert "Secure" in log_in(port, ADMIN, **{"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert log_in(port, ADMIN, elsewhere).headers["Location"] == "/"


def test_one_login_holds_for_both_pages_and_ends_with_the_password(opened: Config) -> None:
    cookie = session(opened.dashboard_port, ADMIN)
    assert get(f"{opened.url('live')}/api/dead-letters", cookie).status == 200
    shown = get(f"{opened.url('live')}/", cookie).body
    assert b'id="tab-sql"' in shown and b"Log out" in shown
    out = send(opened.live_port, "POST", "/logout", cookie | {"Content-Type": "text/plain"})
    assert out.status == 303 and "Max-Age=0" in out.headers["Set-Cookie"]
    changed = credentials.Sessions(replace(opened, admin_password="another"))
    assert changed.role_in(cookie["Cookie"].partition("=")[2]) is None
    role, end, rest = cookie["Cookie"].partition("=")[2].split(".", 2)
    for forged in (f"admin.{int(end) + 9}.{rest}", f"viewer.{end}.{rest}", f"{role}.{end}", "", "..."):
        assert credentials.Sessions(opened).role_in(forged) is None


def test_viewers_see_figures_and_neither_sql_nor_dead_letters(opened: Config) -> None:
    viewer = session(opened.live_port, VIEWER)
    assert get(f"{opened.url('dashboard')}/api/stats", viewer).status == 200
    page = get(f"{opened.url('live')}/", viewer).body
    assert b'id="stream"' in page and b'id="tab-sql"' not in page and b'id="tab-letters"' not in page
    answer = post(f"{opened.url('live')}/api/sql", {"sql": "SELECT 1"}, viewer)
    assert (answer.status, answer.json["error"]["name"]) == (403, "NOT_FOR_VIEWERS")


def private(config: Config, store_client: Client) -> tuple[str, str]:
    """The id of an active shopper, and a word that contact details and a dead letter of theirs hold."""
    shop, word = Shop(config), f"secret{uuid4().hex}"
    person = str(uuid4().int >> 65)
    contacts = {"name": f"Ada {word}", "email": f"{word}@example.org", "phone": word}
    assert shop.post("users", [{"user_id": person, "country": "DE"} | contacts]).status == 202
    traits = {"messageId": str(uuid4()), "anonymousId": str(uuid4()), "traits": contacts}
    assert shop.post("identify", traits).status == 200
    seen = {"event_type": "page_view", "user_id": person, "properties": {"plan": "gold"}}
    assert shop.post("events", [seen | {"event_id": str(uuid4())} for _ in range(50)]).status == 202
    line = {"order_id": str(uuid4()), "user_id": person, "product_id": "1", "status": "completed"}
    assert shop.post("orders", [line | {"quantity": 1, "unit_price": 5}]).status == 202
    assert shop.post("events", [{"event_type": "x", word: word}]).status == 422
    settle(shop)
    for kept in (
        "SELECT count() FROM footfall_private.contacts WHERE email LIKE {word:String}",
        "SELECT count() FROM footfall_private.dead_letters WHERE raw LIKE {word:String}",
    ):
        assert store_client.query(kept, parameters={"word": f"%{word}%"}).result_rows != [(0,)]
    return person, word


def test_no_answer_and_no_frame_tells_a_viewer_who_a_shopper_is(
    opened: Config, config: Config, ingest_url: str, store_client: Client
) -> None:
    person, word = private(config, store_client)
    viewer = session(opened.live_port, VIEWER)
    told: dict[str, bytes] = {}

    dashboard, live = opened.url("dashboard"), opened.url("live")

    def ask(page: str, path: str, **params: str) -> None:
        answer = get(f"{page}{path}", viewer, **params)
        assert answer.status == 200, (path, answer.body)
        told[f"{page} {path} {params}"] = answer.body

    for path in ("/", "/api/queries", "/openapi.json"):
        ask(dashboard, path)
        ask(live, path)
    for path in (f"/users/{person}", "/products/1"):
        ask(dashboard, path)
    for name, query in catalogue(config).items():
        asked = {p.name: person for p in query.parameters if p.name == "user_id"}
        asked |= {p.name: "1" for p in query.parameters if p.required and p.name != "user_id"}
        asked |= {p.name: "now-1h" for p in query.parameters if p.name == "after"}
        ask(dashboard, f"/api/query/{name}.csv", **asked)
        ask(live, f"/api/query/{name}", **asked)
        if query.proof:
            ask(dashboard, f"/api/query/{name}/proof", **asked)
    for name in ("name", "email", "phone", "plan"):
        ask(dashboard, "/api/query/properties", property=name)
    with Stream(opened, headers=viewer) as stream:
        awaited = {"events", "users", "orders", "cards", "health"}
        for frame in stream.frames():
            told[f"frame {frame.kind}"] = json.dumps(frame.value).encode()
            awaited.discard(frame.kind)
            if not awaited:
                break
    assert not awaited
    for shown in ("user_lookup", "user_timeline", "order_history", "latest_events", "top_users"):
        assert any(person.encode() in body for about, body in told.items() if f"/{shown}" in about), shown
    assert [about for about, body in told.items() if word.encode() in body] == []
    assert not any(b"footfall_private" in body for about, body in told.items())


def test_a_program_sends_its_password_as_a_token(opened: Config) -> None:
    admin = {"Authorization": f"Bearer {ADMIN}"}
    for _ in range(2):
        assert post(f"{opened.url('live')}/api/sql", {"sql": "SELECT 1"}, admin).status == 200
    wrong = get(f"{opened.url('dashboard')}/api/stats", {"Authorization": "Bearer wrong"})
    assert (wrong.status, wrong.headers["www-authenticate"]) == (401, "Bearer")


def test_another_sites_form_logs_nobody_in(opened: Config) -> None:
    assert log_in(opened.live_port, ADMIN, Origin="http://evil.example").status == 403
    assert log_in(opened.live_port, ADMIN, **{"Sec-Fetch-Site": "cross-site"}).status == 403


def test_guessing_is_slowed_down(opened: Config) -> None:
    port = opened.dashboard_port
    statuses = [log_in(port, f"guess {number}").status for number in range(credentials.ATTEMPTS + 2)]
    assert statuses[0] == 401 and statuses[-1] == 429
    reply = log_in(port, ADMIN)  # nor does the right one tell them apart
    assert reply.status == 429 and 0 < int(reply.headers["Retry-After"]) <= credentials.ATTEMPTS_S


def test_guesses_that_come_at_once_are_slowed_down_too(opened: Config) -> None:
    def guess(number: int) -> int:
        return log_in(opened.live_port, f"guess {number}", source="127.0.0.2").status

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(guess, range(16)))
    assert statuses.count(401) <= credentials.ATTEMPTS + HASHING and 429 in statuses, statuses


def test_a_viewer_guesses_the_admins_password_no_faster(opened: Config) -> None:
    """Neither a right password nor a header that says that somebody else asks begins the count anew."""
    statuses = [
        log_in(
            opened.live_port,
            VIEWER if number % 4 == 3 else f"guess {number}",
            source="127.0.0.3",
            **{"X-Forwarded-For": f"192.0.2.{number}"},
        ).status
        for number in range(8)
    ]
    assert statuses == [401, 401, 401, 303, 401, 401, 429, 429]


def test_a_login_leads_to_no_other_site(opened: Config) -> None:
    for path in ("/\t/evil.example", "/\n/evil.example", "/\\evil.example", "//evil.example", "/ /x", "x"):
        reply = log_in(opened.live_port, VIEWER, path, "127.0.0.4")
        assert (reply.status, reply.headers["Location"]) == (303, "/"), path
    assert log_in(opened.live_port, VIEWER, "/?tab=sql#x", "127.0.0.4").headers["Location"] == "/?tab=sql#x"


def test_loopback_needs_no_login(config: Config) -> None:
    process = support.start("live", replace(config, live_port=support.free_port()))
    url = process.config.url("live")
    assert post(f"{url}/api/sql", {"sql": "SELECT 1"}).status == 200
    assert send(process.config.live_port, "GET", "/login", {}).headers["Location"] == "/"
    process.stop()
