"""Headless Chromium on the real pages; whatever a page complains about fails its test.

The browser lives as long as a module: Playwright's sync interface holds an event loop of its own, which tests
of async code on the same worker must not meet.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from footfall.config import Config
from tests import support
from tests.conftest import empty
from tests.query import shop

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
LIMIT_MS = 15_000
expect.set_options(timeout=LIMIT_MS)  # what a page shows is waited for, however busy the machine is


@contextmanager
def launched(*flags: str) -> Iterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=(*FLAGS, *flags))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as it is."""
    with launched() as browser:
        yield browser


@dataclass
class Complaints:
    """What went wrong on any page of a context, but for statuses and texts that a test says it expects."""

    found: list[str] = field(default_factory=list)
    allowed: set[int] = field(default_factory=set)
    expected: tuple[str, ...] = ()

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"error in the page: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        refused = any(f"status of {status}" in message.text for status in self.allowed)
        if message.type in {"error", "warning"} and not refused:
            self.found.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # The page itself gives up what it no longer needs, and its stream when it is closed.
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"failed: {request.url} ({request.failure})")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1" and not request.url.startswith(("blob:", "data:")):
            self.found.append(f"a request to elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.found.append(f"{response.status}: {response.url}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    complaints = Complaints()
    yield complaints
    assert [c for c in complaints.found if not any(text in c for text in complaints.expected)] == []


@pytest.fixture
def open_page(browser: Browser, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Opens an address for a viewer in New York, 1440 pixels wide and light unless told otherwise."""
    contexts = []

    def opening(
        url: str, *, width: int = 1440, height: int = 900, dark: bool = False, locale: str = "en-US"
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
            timezone_id="America/New_York",
        )
        contexts.append(context)
        context.set_default_timeout(LIMIT_MS)
        complaints.watch(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield opening
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def live_url(config: Config, store_client: Client, ingest_url: str) -> Iterator[str]:
    """A live page over the small shop, with ingest beside it."""
    empty(store_client)
    shop.fill(store_client)
    process = support.start("live", config)
    yield config.url("live") + "/"
    process.stop()
