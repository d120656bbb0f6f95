"""A stack of the benchmark's own: an engine with a generated shop.

The shop goes with its folder afterwards, unless `FOOTFALL_BENCH_SHOPS` names a folder where shops are kept by
their size, so that several questions are asked of one shop of a hundred million events.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from clickhouse_connect.driver.client import Client
from tests import support

from footfall import store
from footfall.config import Config
from footfall.generate.history import generate
from footfall.generate.plan import Plan
from footfall.schema.migrate import migrate

RATE = 100
WARM_UP_S = 5.0
REST_LIMIT_S = 600
_LOOK_S, _LOOKS = 0.5, 3
_DONE = "generated"
_MERGES = "SELECT count() FROM system.merges"


@contextlib.contextmanager
def shop(events: int) -> Iterator[Config]:
    """A running engine that holds a shop with about that many events, and is at rest."""
    with built(events) as config:
        engine = support.start("engine", config)
        try:
            with store.connect(config, "footfall") as client:
                rest(client)
            yield config
        finally:
            engine.stop(60)


def rest(client: Client) -> None:
    """Returns once nothing has been merged for a moment: what comes next is a load of its own."""
    deadline, quiet = time.monotonic() + REST_LIMIT_S, 0
    while quiet < _LOOKS and time.monotonic() < deadline:
        quiet = 0 if client.query(_MERGES).result_rows[0][0] else quiet + 1
        time.sleep(_LOOK_S)


@contextlib.contextmanager
def streaming(config: Config) -> Iterator[None]:
    """Ingest, and the brief's 100 events a second, once they run."""
    with contextlib.ExitStack() as running:
        running.callback(support.start("ingest", config).stop, 60)
        running.callback(support.launch("stream", config, "--rate", str(RATE)).stop, 60)
        time.sleep(WARM_UP_S)
        yield


@contextlib.contextmanager
def streamed_page(rate: int, events: int = 0) -> Iterator[tuple[Config, support.Process]]:
    """A stack, with a shop or empty, that so many events a second stream into; its live page."""
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder, contextlib.ExitStack() as running:
        config = running.enter_context(built(events)) if events else support.make_config(Path(folder))
        running.callback(support.start("engine", config).stop, 60)
        migrate(config)
        running.callback(support.start("ingest", config).stop, 60)
        live = support.start("live", config)
        running.callback(live.stop, 60)
        running.callback(support.launch("stream", config, "--rate", str(rate)).stop, 60)
        yield config, live


@contextlib.contextmanager
def shop_and_copy(events: int) -> Iterator[tuple[Config, Path]]:
    """Such a shop without its engine, and a copy of its database."""
    with built(events) as config:
        copy = config.data_dir / "copy"
        shutil.copytree(config.data_dir / "clickhouse", copy, symlinks=True)
        try:
            yield config, copy
        finally:
            shutil.rmtree(copy)


def plan(events: int) -> Plan:
    """The shop of the brief, larger in proportion: 294,000 events, 30,000 orders, 10,000 users.

    It is level, so that 30 of its 90 days are a third of it.
    """
    return Plan.of(events=events, orders=events // 10, users=max(10, events // 30), level=True)


@contextlib.contextmanager
def empty(events: int) -> Iterator[Config]:
    """Where such a shop is made anew; what is made without an error is kept as any shop."""
    with _folder(events) as folder:
        shutil.rmtree(folder)
        folder.mkdir()
        yield support.make_config(folder)
        (folder / _DONE).touch()


@contextlib.contextmanager
def built(events: int) -> Iterator[Config]:
    """Such a shop, no engine running."""
    with _folder(events) as folder:
        config = support.make_config(folder)
        done = folder / _DONE
        if not done.exists():
            engine = support.start("engine", config)
            try:
                migrate(config)
                generate(config, plan(events))
            finally:
                engine.stop(60)
            done.touch()
        yield config


@contextlib.contextmanager
def _folder(events: int) -> Iterator[Path]:
    if kept := os.environ.get("FOOTFALL_BENCH_SHOPS"):
        folder = Path(kept) / str(events)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="footfall-bench-") as made:
            yield Path(made)
