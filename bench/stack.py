"""A stack of the benchmark's own: an engine with a generated shop, in a folder that goes afterwards."""

import contextlib
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
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder:
        config = support.make_config(Path(folder))
        engine = support.start("engine", config)
        try:
            migrate(config)
            generate(config, Plan.of(events=events, orders=events // 10, users=max(10, events // 30)))
            yield config
        finally:
            engine.stop()
