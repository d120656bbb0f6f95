"""Makes the pictures in docs/images from a demo stack of its own: `python -m tests.browser.pictures`."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from footfall.config import Config
from tests import support
from tests.browser.conftest import FLAGS

IMAGES = support.ROOT / "docs" / "images"
SHOP = "Example shop"
WIDTH = 1440
READY_LIMIT_S = 120
STREAMED_S = 60  # of events, so that charts of the last minutes have something to show
LIMIT_BYTES = 300_000


def main() -> None:
    """Starts the demo, waits until it lives, and takes the pictures."""
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as config:
        time.sleep(STREAMED_S)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            today = config.url("dashboard") + "/?period=today"
            dashboard = opened(browser, today, 1060)
            take(dashboard, "dashboard")
            dashboard.locator("#card-funnel").get_by_role("button", name="How is this computed?").click()
            dashboard.get_by_role("button", name="Prove it").first.click()
            expect(dashboard.locator("[data-verdict]")).to_be_visible(timeout=30_000)
            take(dashboard, "how")
            live = opened(browser, config.url("live") + "/?theme=dark", 1000)
            expect(live.locator("#stream li").nth(30)).to_be_visible(timeout=30_000)
            take(live, "live")
            take(opened(browser, today, 844, width=390), "phone")
            browser.close()


@contextmanager
def demo(folder: Path) -> Iterator[Config]:
    """A running `footfall up --demo` on free ports, once both pages answer."""
    config = support.make_config(folder, shop_name=SHOP)
    process = support.launch("up", config, "--demo")
    try:
        deadline = time.monotonic() + READY_LIMIT_S
        while not all(support.answers(config.url(page) + "/healthz") for page in ("dashboard", "live")):
            if process.popen.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the demo does not start:\n{process.output()}")
            time.sleep(0.5)
        yield config
    finally:
        process.stop(limit_s=60)


def opened(browser: Browser, url: str, height: int, *, width: int = WIDTH) -> Page:
    """A page whose cards have all been drawn."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", locale="en-US"
    )
    page = context.new_page()
    page.goto(url)
    for card in page.locator("section.card[data-state]").all():
        expect(card).to_have_attribute("data-state", "ready", timeout=30_000)
    return page


def take(page: Page, name: str) -> None:
    """Writes what is on the screen; a picture that is too large for a README is refused."""
    page.wait_for_timeout(1500)
    path = IMAGES / f"{name}.png"
    path.write_bytes(page.screenshot(animations="disabled"))
    size = path.stat().st_size
    print(f"{path.relative_to(support.ROOT)}: {size:,} bytes")
    if size > LIMIT_BYTES:
        raise SystemExit(f"{path} has {size:,} bytes; {LIMIT_BYTES:,} are allowed")


if __name__ == "__main__":
    main()
