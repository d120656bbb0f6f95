"""Only our own pages, or no page at all, may reach a loopback dashboard; every answer carries our headers."""

from pathlib import Path

import pytest
from quart import Quart

from footfall.config import Config
from footfall.web.app import create_app
from tests import support


@pytest.fixture
def app(own_config: Config) -> Quart:
    app = create_app(own_config, "dashboard")

    @app.post("/api/thing")
    async def thing() -> dict[str, str]:
        return {"done": "yes"}

    @app.get("/api/broken")
    async def broken() -> dict[str, str]:
        raise RuntimeError("the password is hunter2")

    return app


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost:3000", "localhost", "[::1]:3000"])
async def test_names_of_this_machine_are_served(app: Quart, host: str) -> None:
    assert (await app.test_client().get("/healthz", headers={"Host": host})).status_code == 200


@pytest.fixture
def away(tmp_path: Path) -> Quart:
    """The dashboard, bound to every address."""
    names = ("password", "writer_password", "reader_password", "analyst_password", "write_key")
    secrets = dict.fromkeys((*names, "admin_password"), "x" * 24)
    return create_app(support.make_config(tmp_path, host="0.0.0.0", live_port=3001, **secrets), "dashboard")


@pytest.mark.parametrize(
    "host",
    ["shop.example", "127.0.0.1.evil.example:3000", "evil.example@127.0.0.1", "[::1", "[1:::]", ""],
)
async def test_a_rebound_name_is_refused(app: Quart, host: str) -> None:
    response = await app.test_client(use_cookies=False).get("/healthz", headers={"Host": host})
    assert response.status_code in {400, 403}
    assert "error" in await response.get_json()


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/api/broken", 403), ("/api/nothing", 403), ("/events", 403)]
)
async def test_another_site_links_to_pages_and_fetches_nothing(app: Quart, path: str, status: int) -> None:
    response = await app.test_client().get(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == status


async def test_a_file_of_a_long_name_is_not_there(app: Quart) -> None:
    assert (await app.test_client().get(f"/static/{'x' * 5000}")).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "application/json", "Origin": "http://localhost"}, 200),
        ({"Content-Type": "application/json", "Origin": "http://evil.example"}, 403),
        ({"Content-Type": "application/json", "Origin": "null"}, 403),
        ({"Content-Type": "application/json", "Origin": "http://[::1"}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_a_post_comes_from_our_page_or_from_none(
    app: Quart, headers: dict[str, str], status: int
) -> None:
    response = await app.test_client().post("/api/thing", headers=headers, data="{}")
    assert response.status_code == status


async def test_every_answer_carries_a_strict_policy(app: Quart) -> None:
    for path in ("/healthz", "/nothing", "/api/broken"):
        headers = (await app.test_client().get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers


async def test_errors_have_one_shape(app: Quart) -> None:
    client = app.test_client()
    for path, code, name in [("/nothing", 404, "NOT_FOUND"), ("/api/thing", 405, "METHOD_NOT_ALLOWED")]:
        response = await client.get(path)
        assert response.status_code == code
        error = (await response.get_json())["error"]
        assert error["code"] == code and error["name"] == name and error["message"]


async def test_a_browser_gets_an_error_as_a_page(app: Quart) -> None:
    response = await app.test_client().get("/<img>", headers={"Accept": "text/html,*/*;q=0.8"})
    body = await response.get_data(as_text=True)
    assert response.status_code == 404 and response.mimetype == "text/html"
    assert "<img>" not in body and "&lt;img&gt;" in body


async def test_an_error_nobody_foresaw_tells_an_id_only(app: Quart, caplog: pytest.LogCaptureFixture) -> None:
    response = await app.test_client().get("/api/broken")
    error = (await response.get_json())["error"]
    assert response.status_code == 500
    assert "hunter2" not in str(error)
    assert error["id"] in caplog.text and "hunter2" in caplog.text


async def test_a_page_bound_to_every_address_takes_any_host(away: Quart) -> None:
    response = await away.test_client().get("/healthz", headers={"Host": "shop.example"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-cache", "nobody else's to keep"


@pytest.mark.parametrize(
    ("host", "live"),
    [
        ("shop.example", "http://shop.example:3001"),
        ("[::2]:80", "http://[::2]:3001"),
        ("[1:::]", ""),
        ("?", ""),
    ],
)
async def test_the_other_page_is_where_this_one_was_asked_for(away: Quart, host: str, live: str) -> None:
    client = away.test_client(use_cookies=False)  # a jar would have to understand the Host
    page = await client.get("/", headers={"Host": host, "Authorization": f"Bearer {'x' * 24}"})
    assert f' data-live="{live}"' in await page.get_data(as_text=True)


async def test_guesses_from_one_subscribers_ipv6_addresses_are_counted_together(away: Quart) -> None:
    async def guess(address: str) -> int:
        scope = {"client": (address, 1)}
        sent = await away.test_client().post("/login", form={"password": "wrong"}, scope_base=scope)
        return sent.status_code

    assert [await guess(f"2001:db8::{n}") for n in range(1, 7)] == [*[401] * 5, 429]
    assert await guess("2001:db8:0:1::1") == 401
