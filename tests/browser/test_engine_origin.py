"""A browser's fetch reaches the engine from the engine's own origin, and from no other.

Both pages are real ones in a real Chromium: the engine's own at `http://127.0.0.1:PORT/`, and one of another
server on the same machine, which is as near as a foreign page can come to a loopback engine.
"""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page

from footfall.config import Config
from tests.browser.conftest import Complaints
from tests.engine.speak import speaker

FETCH = """async ([url, request]) => {
    try {
        const answer = await fetch(url, request);
        return {status: answer.status, text: answer.type === 'opaque' ? null : await answer.text()};
    } catch (error) {
        return {failed: String(error)};
    }
}"""
ROWS = "SELECT count() FROM footfall.users WHERE user_id = {user_id:UInt64}"
REMOVE = "ALTER TABLE footfall.users DELETE WHERE user_id = {user_id:UInt64}"


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>elsewhere</title><link rel=icon href=data:,>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def elsewhere() -> Iterator[int]:
    """Port of a web server that is not ours."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def by_header(config: Config) -> dict[str, str]:
    return {"X-ClickHouse-User": "footfall", "X-ClickHouse-Key": config.password}


def fetch(page: Page, url: str, **request: Any) -> dict[str, Any]:
    """What a page's own fetch comes back with."""
    found: dict[str, Any] = page.evaluate(FETCH, [url, request])
    return found


def test_a_page_of_the_engines_own_origin_may_query(
    config: Config, open_page: Callable[..., Page], complaints: Complaints
) -> None:
    complaints.allowed.add(404)  # it has no icon
    page = open_page(f"{config.url('engine')}/")
    assert page.inner_text("body").strip() == "Ok."
    headers = by_header(config)
    answer = fetch(page, "/", method="POST", headers=headers, body="SELECT 1 AS one FORMAT JSONEachRow")
    assert answer == {"status": 200, "text": '{"one":1}\n'}
    assert fetch(page, "/?query=SELECT%202", headers=headers) == {"status": 200, "text": "2\n"}
    absolute = fetch(page, config.url("engine"), method="POST", headers=headers, body="SELECT 3")
    assert absolute == {"status": 200, "text": "3\n"}


@pytest.mark.parametrize(("host", "user_id"), [("127.0.0.1", 4241), ("localhost", 4242)])
def test_a_page_of_another_origin_may_not(
    config: Config,
    open_page: Callable[..., Page],
    complaints: Complaints,
    elsewhere: int,
    host: str,
    user_id: int,
) -> None:
    """Neither what it would read nor what it would write comes through, whatever kind of request it makes."""
    complaints.allowed |= {401, 403}
    complaints.expected = ("blocked by CORS policy", "net::ERR_FAILED", "ERR_BLOCKED", "localhost:")
    write = f'INSERT INTO footfall.users (user_id, age) FORMAT JSONEachRow {{"user_id":{user_id},"age":1}}'
    page = open_page(f"http://{host}:{elsewhere}/")
    engine = config.url("engine")
    user = f"user=footfall&password={config.password}"
    headers = by_header(config)
    readable = [
        fetch(page, engine, method="POST", headers=headers, body="SELECT 1"),
        fetch(page, f"{engine}/?{user}&query=SELECT%201"),
        fetch(page, f"{engine}/?{user}", method="POST", body=write),
        fetch(page, f"{engine}/?{user}", method="POST", body=write, credentials="include"),
    ]
    assert all("failed" in answer for answer in readable), readable
    simple = fetch(page, f"{engine}/?{user}", method="POST", mode="no-cors", body=write)
    assert simple.get("text") is None
    page.evaluate(
        """([url, sql]) => new Promise(done => {
            const frame = document.createElement('iframe');
            frame.name = 'target';
            frame.onload = done;
            document.body.append(frame);
            const form = Object.assign(document.createElement('form'), {method: 'POST', action: url});
            form.target = 'target';
            form.enctype = 'text/plain';
            form.append(Object.assign(document.createElement('input'), {name: sql, value: ''}));
            document.body.append(form);
            form.submit();
        })""",
        [f"{engine}/?{user}", write],
    )
    params = {"param_user_id": str(user_id), "mutations_sync": "1"}
    with speaker(config) as owner:
        assert owner.post("/", params=params, content=ROWS).text == "0\n"
        assert owner.post("/", content=write).status_code == 200  # the same would have written
        assert owner.post("/", params=params, content=ROWS).text == "1\n"
        assert owner.post("/", params=params, content=REMOVE).status_code == 200
