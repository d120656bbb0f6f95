"""Crash rounds: `footfall up` under load, something of it is killed, and all figures are compared.

    python -m tests.crash.rounds --rounds 100 [--seed 1] [--folder F]

A round starts clients that retry, kills its victim at a random moment, waits until ingest and engine answer,
lets the clients go on and finish, and compares: `events`, its distinct ids and each rollup with what was
acknowledged, the ledger with its rollup, users and products with their last attributes. Victims: the engine,
ingest, both at once, the whole tree of processes, and the power: the tree, the parts that were never synced,
and parts of rollups, whose days must be rebuilt. Prints a line a round and a report; exit code 1 where
anything differed. What a seed chooses is the same each time; what the machine does meanwhile is not.
"""

import argparse
import random
import re
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from footfall import store
from footfall.config import Config
from tests import support
from tests.crash.shop import Shop, differences
from tests.ingest.client import Client, settle
from tests.test_supervisor import child, up

VICTIMS = ("engine", "ingest", "both", "tree", "power")
KEPT_ROWS = 300  # so many events of the shop are of every day that it has
ROLLUPS = ("mv_hourly_events", "mv_daily_events", "mv_user_funnel", "mv_country_stats", "daily_user_activity")


@dataclass
class Report:
    """What the rounds came to."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    recovered_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    removed: int = 0

    def text(self, shop: Shop) -> str:
        log = "\n".join(self.logs)
        repaired = sum(int(n) for n in re.findall(r"(\d+) of \d+ rows of a block are missing", log))
        healed = sum(int(n) for n in re.findall(r"rebuilt (\d+) days of", log))
        median, slowest = statistics.median(self.recovered_s), max(self.recovered_s)
        return "\n".join(
            [
                f"seed {self.seed}: {len(self.recovered_s)} rounds, "
                + ", ".join(f"{victim} {count}" for victim, count in sorted(self.kills.items())),
                f"acknowledged: {shop.events} events, {shop.orders} orders, {len(shop.ages)} users changed; "
                f"{shop.retries} requests tried again",
                f"power cuts took {self.removed} parts; {repaired} rows written again, {healed} days rebuilt",
                f"until ready again: median {median:.1f} s, {slowest:.1f} s at most",
                f"differences: {len(self.wrong)}",
                *self.wrong,
            ]
        )


def run(config: Config, rounds: int, seed: int, victims: tuple[str, ...] = VICTIMS) -> tuple[Report, Shop]:
    """Plays the rounds; each of the first ones has a victim of its own."""
    chance = random.Random(seed)
    order = [*chance.sample(victims, len(victims)), *chance.choices(victims, k=rounds)][:rounds]
    report, shop = Report(seed), Shop(config, seed)
    stack = up(config)
    try:
        for number, victim in enumerate(order, 1):
            shop.start()
            time.sleep(chance.uniform(0.3, 2.0))
            stack = _kill(victim, stack, config, chance, report)
            shop.finish()
            settle(Client(config), 180)
            with store.connect(config, "footfall") as client:
                wrong = differences(client, shop)
            report.wrong += [f"round {number}, {victim}: {one}" for one in wrong]
            print(
                f"round {number}: {victim}, {report.recovered_s[-1]:.1f} s, {wrong or 'all equal'}",
                flush=True,
            )
            if wrong:
                break
    except KeyboardInterrupt:
        print("stopped: the report is of the rounds so far", flush=True)
    finally:
        shop.finish()
        report.logs.append(stack.output())
        stack.stop(30)
    return report, shop


def _kill(
    victim: str, stack: support.Process, config: Config, chance: random.Random, report: Report
) -> support.Process:
    """Kills the victim, and waits until ingest and engine answer; the stack that runs then."""
    report.kills[victim] += 1
    began = time.monotonic()
    if victim in {"tree", "power"}:
        processes = psutil.Process(stack.pid).children(recursive=True)
        stack.popen.kill()
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        stack.popen.wait(10)
        psutil.wait_procs(processes, timeout=10)
        report.logs.append(stack.output())
        if victim == "power":
            report.removed += _cut_power(config, chance)
        began = time.monotonic()
        stack = up(config)
    else:
        for name in ("engine", "ingest") if victim == "both" else (victim,):
            running = child(stack, name)
            if running is not None:
                running.kill()
    time.sleep(0.2)
    deadline = time.monotonic() + 120
    while not support.answers(config.url("ingest") + "/readyz"):
        assert time.monotonic() < deadline, stack.output()
        time.sleep(0.05)
    report.recovered_s.append(time.monotonic() - began)
    time.sleep(chance.uniform(0.2, 0.8))
    return stack


def _cut_power(config: Config, chance: random.Random) -> int:
    """Takes parts that were inserted since the last sync, and some of rollups; returns how many."""
    with sqlite3.connect(config.data_dir / "inbox" / "inbox.sqlite") as connection:
        connection.execute("UPDATE boot SET boot_id = 'another'")
        ((since, rows),) = connection.execute(
            "SELECT min(acknowledged_at), sum(rows) FROM kept WHERE lane = 'events'"
        ).fetchall()
    if since is None:
        return 0
    removed = 0
    for folder in _parts(config):
        new = folder.name.endswith("_0") and folder.stat().st_mtime > since / 1000 + 1
        of_rollup = folder.parent.name in ROLLUPS and rows >= KEPT_ROWS
        if (new and chance.random() < 0.8) or (of_rollup and chance.random() < 0.3):
            shutil.rmtree(folder)
            removed += 1
    return removed


def _parts(config: Config) -> list[Path]:
    """Folders of parts, by tables' names as the engine's folders of databases link them."""
    found = []
    for table in (config.data_dir / "clickhouse" / "data" / "footfall").iterdir():
        found += [
            table / path.name
            for path in sorted(table.iterdir())
            if re.fullmatch(r"\d{6}_\d+_\d+_\d+", path.name)
        ]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="footfall-crash-"))
    report, shop = run(support.make_config(folder), options.rounds, options.seed)
    print(report.text(shop))
    if report.wrong:
        print(f"run again: python -m tests.crash.rounds --seed {options.seed}; the data folder is {folder}")
        return 1
    if not options.folder:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
