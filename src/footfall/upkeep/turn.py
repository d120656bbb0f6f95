"""One at a time: heal, backfill and erase of one data folder take turns, by a lock the kernel lets go of."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from footfall.config import Config
from footfall.errors import UsageError


@contextmanager
def turn(config: Config) -> Iterator[None]:
    """Waits until nobody else of this data folder changes what is stored."""
    path = config.data_dir / "upkeep.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = path.open("w")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
