"""Both pages, looked at: one client asks the dashboard's endpoints in turn, another reads the live stream.

So a measurement can say what something costs beside a running dashboard.
"""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests import support

from footfall.config import Config
from footfall.dashboard.app import ENDPOINTS

LOOK_S = 0.5  # between two endpoints: a page that is loaded every three seconds


@dataclass
class Asked:
    """How many answers and frames came; `ended` is set when nobody looks any more."""

    answers: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def watched_pages(config: Config) -> Iterator[Asked]:
    """Starts dashboard and live page, and looks at both for as long as the block lasts."""
    asked = Asked()
    servers = [support.start("dashboard", config), support.start("live", config)]
    threads = [
        threading.Thread(target=_ask, args=(config, asked)),
        threading.Thread(target=_read, args=(config, asked), daemon=True),  # ends with its server
    ]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        asked.ended.set()
        for server in servers:
            server.stop()
        for thread in threads:
            thread.join(10)


def _ask(config: Config, asked: Asked) -> None:
    while not asked.ended.is_set():
        for path in ENDPOINTS:
            with urllib.request.urlopen(config.url("dashboard") + path, timeout=60) as answer:
                answer.read()
            asked.answers += 1
            if asked.ended.wait(LOOK_S):
                return


def _read(config: Config, asked: Asked) -> None:
    try:
        with urllib.request.urlopen(config.url("live") + "/events", timeout=60) as stream:
            for line in stream:
                asked.answers += line.startswith(b"data:")
    except OSError:
        if not asked.ended.is_set():
            raise
