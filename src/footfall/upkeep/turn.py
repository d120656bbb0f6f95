"""One at a time: heal, backfill and erase of one data folder take turns, by a lock the kernel lets go of."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.client import Client

from footfall import store
from footfall.config import Config
from footfall.errors import UsageError
from footfall.schema.rebuild import drop_drafts


@contextmanager
def turn(config: Config) -> Iterator[Client]:
    """Waits until nobody else of this data folder changes what is stored; the owner's client of the store,
    rid of what a run that was killed has left."""
    path = config.data_dir / "upkeep.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = path.open("w")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with store.connect(config, "footfall") as client:
            drop_drafts(client)
            yield client
