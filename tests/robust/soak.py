"""`make soak MINUTES=10`: 200 clients at once that read and write, to a real engine process.

Readers ask for little, for aggregates and for large results, some of which they leave half-way; writers send
blocks with tokens, some of them twice; a part of both are the official client. Nothing may fail but by a
stated limit (503 with Retry-After, after which a client waits and asks again), memory stays flat, and every
acknowledged row is there once, in the base table and in a rollup.
"""

import argparse
import contextlib
import http.client
import json
import random
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client as Official
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall import store
from footfall.config import Config, StoreUser
from footfall.schema.migrate import migrate
from tests import support
from tests.engine.speak import speaker
from tests.robust import gauges
from tests.robust.fuzz import complaints
from tests.robust.tally import Tally
from tests.robust.wire import basic, target

CLIENTS = 200
SHARES = {
    "reader": 0.45,
    "official reader": 0.1,
    "owner": 0.15,
    "analyst": 0.05,
    "writer": 0.2,
    "official": 0.05,
}
BLOCK_ROWS = 200
LARGE_ROWS = 500_000
PAUSE_S = 2.0
"""A client thinks for up to this long between two requests."""
TOO_MANY = 202
SMALL = (
    "SELECT 1",
    "SELECT count() FROM events",
    "SELECT count(), sum(revenue) FROM events WHERE user_id = 42",
    "SELECT name, engine FROM system.tables WHERE database = 'footfall'",
)
MEDIUM = (
    "SELECT event_type, count(), uniq(user_id), sum(revenue) FROM events GROUP BY event_type",
    "SELECT country, sum(event_count), sum(revenue) FROM mv_country_stats GROUP BY country FORMAT CSV",
    "SELECT number % 100 AS n, count() FROM numbers(1000000) GROUP BY n ORDER BY n FORMAT Native",
)
LARGE = f"SELECT number, toString(number) AS s FROM numbers({LARGE_ROWS}) FORMAT TSV"


class Refused(Exception):
    """503: come again later."""


class Soak:
    """One run against one engine process."""

    def __init__(self, config: Config, clients: int = CLIENTS) -> None:
        self._config = config
        self._stop = threading.Event()
        self._clients = clients
        self.tally = Tally()

    def run(self, seconds: float) -> None:
        """Lets all clients work for that long; each finishes what it has begun."""
        works: dict[str, Callable[[random.Random], None]] = {
            "reader": lambda rng: self._read("reader", rng),
            "owner": lambda rng: self._read("footfall", rng),
            "analyst": lambda rng: self._read("analyst", rng),
            "official reader": self._read_officially,
            "writer": self._write,
            "official": self._write_officially,
        }
        threads = []
        for name, share in SHARES.items():
            for number in range(max(1, round(share * self._clients))):
                rng = random.Random(f"{name}/{number}")
                threads.append(threading.Thread(target=self._guarded, args=(works[name], name, rng)))
        for thread in threads:
            thread.start()
        self._stop.wait(seconds)
        self._stop.set()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive(), "a client hangs"

    def _guarded(self, work: Callable[[random.Random], None], name: str, rng: random.Random) -> None:
        while not self._stop.is_set():
            try:
                work(rng)
            except Exception as error:
                self.tally.fail(f"{name}: {type(error).__name__}: {error}"[:500])

    def _think(self, rng: random.Random) -> None:
        self._stop.wait(rng.random() * PAUSE_S)

    def _again(self, kind: str, ask: Callable[[], bytes], *, rows: int = 0) -> None:
        """Asks until it is answered; a refusal is waited out, as its Retry-After says."""
        while True:
            began = time.monotonic()
            try:
                answer = ask()
            except Refused:
                self.tally.refuse(kind)
                time.sleep(1)
                continue
            return self.tally.took(kind, time.monotonic() - began, rows=rows, size=len(answer))

    def _read(self, user: StoreUser, rng: random.Random) -> None:
        speech = _Speech(self._config, user)
        with contextlib.closing(speech):
            while not self._stop.is_set():
                self._think(rng)
                chance = rng.random()
                if chance < 0.6:
                    self._again(f"{user} small", partial(speech.say, rng.choice(SMALL)))
                elif chance < 0.9 or user == "analyst":
                    self._again(f"{user} medium", partial(speech.say, rng.choice(MEDIUM)))
                elif chance < 0.95:
                    self._again(f"{user} large", partial(_large, speech))
                else:
                    with contextlib.suppress(Refused):
                        speech.leave(LARGE)
                    self.tally.leave()

    def _read_officially(self, rng: random.Random) -> None:
        with store.connect(self._config, "reader") as client:
            while not self._stop.is_set():
                self._think(rng)
                self._again("clickhouse-connect", partial(_ask_officially, client, MEDIUM[0]))

    def _write(self, rng: random.Random) -> None:
        speech = _Speech(self._config, "writer")
        with contextlib.closing(speech):
            while not self._stop.is_set():
                self._think(rng)
                block = "\n".join(json.dumps(_event(rng)) for _ in range(BLOCK_ROWS))
                params = _settings(rng) | {"query": "INSERT INTO events FORMAT JSONEachRow"}
                self._again("insert", partial(speech.say, block, params), rows=BLOCK_ROWS)
                if rng.random() < 0.2:
                    self._again("insert again", partial(speech.say, block, params))

    def _write_officially(self, rng: random.Random) -> None:
        with store.connect(self._config, "writer") as client:
            while not self._stop.is_set():
                self._think(rng)
                rows = [_event(rng) for _ in range(BLOCK_ROWS)]
                send = partial(_insert_officially, client, rows, _settings(rng))
                self._again("clickhouse-connect insert", send, rows=BLOCK_ROWS)


class _Speech:
    """One client's kept connection."""

    def __init__(self, config: Config, user: StoreUser) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", config.engine_port, timeout=60)
        self._headers = {"Authorization": basic(user, config.store_password(user))}

    def say(self, body: str, params: dict[str, str] | None = None) -> bytes:
        """The whole answer; raises `Refused` where the engine is too busy."""
        self._connection.request(
            "POST", target({"database": "footfall", **(params or {})}), body, self._headers
        )
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status == 503 and answer.headers["Retry-After"]:
            raise Refused
        assert answer.status == 200, text[-300:]
        return text

    def leave(self, sql: str) -> None:
        """Reads the beginning of an answer and is gone."""
        self._connection.request("POST", target({"database": "footfall"}), sql, self._headers)
        answer = self._connection.getresponse()
        answer.read(100_000)
        self.close()
        if answer.status == 503:
            raise Refused

    def close(self) -> None:
        self._connection.close()


def _large(speech: _Speech) -> bytes:
    text = speech.say(LARGE)
    assert text.count(b"\n") == LARGE_ROWS, f"{len(text)} bytes of a large result"
    return text


def _ask_officially(client: Official, sql: str) -> bytes:
    try:
        return bytes(client.raw_query(sql))
    except DatabaseError as error:
        raise (Refused if error.code == TOO_MANY else error) from None


def _insert_officially(client: Official, events: list[dict[str, Any]], settings: dict[str, str]) -> bytes:
    rows = [[datetime.fromtimestamp(value / 1000, UTC) if name == "event_timestamp" else value
             for name, value in event.items()] for event in events]  # fmt: skip
    try:
        client.insert("events", rows, column_names=list(events[0]), settings=settings)
    except DatabaseError as error:
        raise (Refused if error.code == TOO_MANY else error) from None
    return b""


def _settings(rng: random.Random) -> dict[str, str]:
    return {
        "insert_deduplicate": "1",
        "deduplicate_blocks_in_dependent_materialized_views": "1",
        "insert_deduplication_token": str(uuid.UUID(int=rng.getrandbits(128))),
    }


def _event(rng: random.Random) -> dict[str, Any]:
    return {
        "event_id": str(uuid.UUID(int=rng.getrandbits(128))),
        "event_type": rng.choice(("page_view", "add_to_cart", "purchase")),
        "event_timestamp": int(time.time() * 1000) - rng.randrange(86_400_000),
        "user_id": rng.randrange(1, 5000),
        "country": rng.choice(("DE", "FR", "US")),
    }


def rows_there(config: Config) -> dict[str, int]:
    """Rows of the base table, distinct ones, and what a rollup has counted."""
    sql = {
        "events": "SELECT count() FROM footfall.events",
        "distinct": "SELECT uniqExact(event_id) FROM footfall.events",
        "rollup": "SELECT sum(event_count) FROM footfall.mv_hourly_events",
    }
    with speaker(config) as client:
        return {name: int(client.post("/", content=one).text) for name, one in sql.items()}


def main() -> int:
    """Runs the soak and prints its report; the exit code is 1 where something failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--clients", type=int, default=CLIENTS)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="footfall-soak-") as folder:
        engine = support.start("engine", support.make_config(Path(folder)))
        try:
            migrate(engine.config)
            return _report(engine, given.minutes, given.clients)
        finally:
            engine.stop()


def _report(engine: support.Process, minutes: float, clients: int) -> int:
    watched = gauges.Gauges(engine.pid, every_s=max(0.2, minutes))
    soak = Soak(engine.config, clients)
    began = time.monotonic()
    soak.run(minutes * 60)
    seconds = time.monotonic() - began
    found = rows_there(engine.config)
    gauges.nothing_runs(engine.config)
    watched.stop()
    expected = soak.tally.rows_in
    wrong = [*dict.fromkeys(soak.tally.errors)][:20]
    wrong += (
        [] if set(found.values()) == {expected} else [f"{expected} rows were acknowledged, there are {found}"]
    )
    print(f"{clients} clients, {seconds / 60:.1f} minutes\n{soak.tally.report(seconds)}")
    print(f"{watched.report()}\nslope of memory {watched.slope():+.2f} MiB a minute")
    print("\n".join(wrong) + complaints(engine) or "no failure")
    return bool(wrong or complaints(engine))


if __name__ == "__main__":
    sys.exit(main())
