"""Months of rollups made anew while ingest runs: the draft beside it, the end behind the fence."""

import time
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.errors import StoreUnavailable
from footfall.ingest import fence, kept
from footfall.schema.rebuild import Month, Rollup

TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A month that was made anew, and for how long ingest was held."""

    rollup: str
    month: int
    held_s: float

    def line(self) -> str:
        """As a line of text."""
        when = f"{self.month // 100}-{self.month % 100:02}"
        return f"rebuilt {self.rollup} {when}; ingest was held for {self.held_s:.2f} s"


def rebuild(config: Config, client: Client, rollup: Rollup, month: int) -> Rebuilt:
    """Makes one month of a rollup anew; the caller has the turn."""
    for _ in range(TRIES):
        draft = Month(client, rollup, month)
        draft.catch_up()
        _sync(config)  # what takes a part's place outlasts a power cut as well as that part
        with fence.raised(config.data_dir / "inbox"):
            began = time.monotonic()
            done = draft.finish()
            held_s = time.monotonic() - began
        _sync(config)
        draft.close()
        if done:
            return Rebuilt(rollup.name, month, held_s)
    raise StoreUnavailable(f"raw rows of {rollup.name} changed during each of {TRIES} tries; try again later")


def _sync(config: Config) -> None:
    if config.embedded:  # another machine's disk is not ours
        kept.sync(config.data_dir)
