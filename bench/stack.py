"""A stack of the benchmark's own: an engine with a generated shop, in a folder that goes afterwards."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import support

from footfall.config import Config
from footfall.generate.history import generate
from footfall.generate.plan import Plan
from footfall.schema.migrate import migrate


@contextlib.contextmanager
def shop(events: int) -> Iterator[Config]:
    """A running engine that holds a shop with about that many events."""
    with _built(events) as config:
        engine = support.start("engine", config)
        try:
            yield config
        finally:
            engine.stop()


@contextlib.contextmanager
def shop_and_copy(events: int) -> Iterator[tuple[Config, Path]]:
    """Such a shop without its engine, and a copy of its database."""
    with _built(events) as config:
        copy = config.data_dir / "copy"
        shutil.copytree(config.data_dir / "clickhouse", copy, symlinks=True)
        yield config, copy


@contextlib.contextmanager
def _built(events: int) -> Iterator[Config]:
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder:
        config = support.make_config(Path(folder))
        engine = support.start("engine", config)
        try:
            migrate(config)
            generate(config, Plan.of(events=events, orders=events // 10, users=max(10, events // 30)))
        finally:
            engine.stop()
        yield config
