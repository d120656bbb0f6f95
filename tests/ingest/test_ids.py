"""The index of ids: the same id counts once, however ids have moved between memory, table and runs."""

import asyncio
import fcntl
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.errors import OurFault, Overloaded
from footfall.ingest import chunks, ids, keeper
from footfall.ingest import inbox as inboxes
from footfall.ingest.batch import Batch
from footfall.ingest.ids import Bounds, RunRow
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import DEAD_LETTERS, EVENTS, IDENTITIES, ORDER_ITEMS
from footfall.ingest.outcome import Entry
from footfall.ingest.receipts import new_batch_id
from tests.ingest.make import NOW_MS

LIMIT = 1 << 30
TINY = Bounds(recent=8, fan=3)
HOUR_MS = 3_600_000
_ROW = tuple({"UUID": bytes(16), "String": ""}.get(column.type, 0) for column in EVENTS.columns)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    opened = Inbox(tmp_path, LIMIT, TINY)
    yield opened
    opened.close()


def event(number: int) -> list[Entry]:
    return [Entry(EVENTS.name, number.to_bytes(16), b"", _ROW, 202501)]


def order(number: int) -> list[Entry]:
    return [Entry(ORDER_ITEMS, number.to_bytes(16), b"", b"change", 0)]


def keep(door: Inbox, *items: list[Entry]) -> tuple[int, int]:
    """Sends a batch; how many were accepted and how many duplicate."""
    receipt = asyncio.run(door.accept(Batch(new_batch_id(NOW_MS), list(items), []))).receipt
    return receipt.accepted, receipt.duplicate


def send(door: Inbox, *numbers: int) -> tuple[int, int]:
    return keep(door, *map(event, numbers))


def listed(door: Inbox) -> list[RunRow]:
    with closing(door.connect()) as connection:
        return ids.listed(connection)


def files(door: Inbox) -> set[str]:
    return {path.name for path in door.ids.folder.iterdir()} - {"keeper.lock"}


def settled(door: Inbox) -> None:
    """Returns when the keeper has done all that there is to do."""
    wait_until = time.monotonic() + 30
    while True:
        door.keeper.tend()
        with (door.ids.folder / "keeper.lock").open("a") as lock, closing(door.connect()) as connection:
            fcntl.flock(lock, fcntl.LOCK_EX)  # where the keeper's thread was at it, it is done now
            rows = ids.listed(connection)
            recent = connection.execute("SELECT sum(length(ids)) FROM id_batches").fetchone()[0] or 0
        if recent < TINY.recent * 16 and files(door) == {row.file for row in rows}:
            return
        assert time.monotonic() < wait_until


def test_ids_move_to_runs_and_runs_become_one(inbox: Inbox) -> None:
    for start in range(0, 220, 10):
        assert send(inbox, *range(start, start + 10)) == (10, 0)
        settled(inbox)
    rows = listed(inbox)
    assert {row.level for row in rows} == {0, 1, 2}
    assert sum(row.ids for row in rows) == 220
    assert files(inbox) == {row.file for row in rows}
    assert send(inbox, *range(225)) == (5, 220)


def test_one_id_is_another_in_another_lane(inbox: Inbox) -> None:
    for _ in range(2):
        assert keep(inbox, event(1), order(1)) in {(2, 0), (0, 2)}
        send(inbox, *range(100, 120))
        settled(inbox)
    assert {row.lane for row in listed(inbox)} == {EVENTS.name, ORDER_ITEMS}
    assert keep(inbox, order(2), event(2)) == (2, 0)


def test_a_flood_of_dead_letters_pushes_out_no_item(tmp_path: Path) -> None:
    door = Inbox(tmp_path, LIMIT, Bounds(recent=8, fan=3, limit=40, letters=20))
    since, _ = ids.reach(door.connect())
    send(door, *range(30))

    def reject(first: int) -> None:
        keys = [number.to_bytes(16) for number in range(first, first + 10)]
        door.run(lambda connection: door.ids.add(connection, DEAD_LETTERS.name, keys, NOW_MS))

    for first in range(0, 200, 10):
        reject(first)
        settled(door)
    letters = sum(row.ids for row in listed(door) if row.lane == DEAD_LETTERS.name)
    assert 20 <= letters < 200
    assert ids.reach(door.connect())[0] == since
    assert send(door, *range(31)) == (1, 30)
    door.close()


class World:
    """A folder with two doors, a clock, and what must be: each id that was ever accepted, with its time."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.folder = folder
        self.bounds = bounds
        self.now_ms = NOW_MS
        self.accepted: dict[int, tuple[int, int]] = {}  # number → its place among all accepted, its time
        self.total = 0
        self.doors = [self.open(), self.open()]

    def open(self) -> Inbox:
        return Inbox(self.folder, LIMIT, self.bounds)

    def send(self, door: int, numbers: list[int]) -> None:
        """Sends numbers, and compares the answer with what must be.

        Those beyond the reach may be forgotten at any moment: they are sent one by one.
        """
        for number in set(numbers) & self.accepted.keys():
            if not self.remembered(number) and send(self.doors[door], number) == (1, 0):
                self.add(number)
        numbers = [number for number in numbers if number not in self.accepted or self.remembered(number)]
        fresh = [number for number in dict.fromkeys(numbers) if number not in self.accepted]
        assert send(self.doors[door], *numbers) == (len(fresh), len(numbers) - len(fresh))
        for number in fresh:
            self.add(number)

    def add(self, number: int) -> None:
        self.accepted[number] = self.total, self.now_ms
        self.total += 1

    def remembered(self, number: int) -> bool:
        """Whether the index promises to know this number."""
        if number not in self.accepted:
            return False
        place, at = self.accepted[number]
        return self.total - place <= self.bounds.limit and self.now_ms - at < self.bounds.reach_ms

    def close(self) -> None:
        for door in self.doors:
            door.close()


_actions = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 1), st.lists(st.integers(0, 150), min_size=1, max_size=12)),
    st.tuples(st.just("tend"), st.integers(0, 1)),
    st.tuples(st.just("restart"), st.integers(0, 1)),
    st.tuples(st.just("fail"), st.integers(0, 1), st.lists(st.integers(0, 150), min_size=1, max_size=12)),
    st.tuples(st.just("hours"), st.integers(1, 12)),
)


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(recent=8, fan=2),
        Bounds(recent=8, fan=3, limit=40),
        Bounds(recent=4, fan=2, reach_ms=9 * HOUR_MS),
    ],
    ids=["all", "limit", "reach"],
)
@given(actions=st.lists(_actions, min_size=5, max_size=40))
@settings(max_examples=20, deadline=None)
def test_whatever_happens_each_id_within_the_reach_counts_once(
    tmp_path_factory: pytest.TempPathFactory, bounds: Bounds, actions: list[tuple[Any, ...]]
) -> None:
    """Batches at two doors, moves, merges, drops, restarts, transactions that fail, hours that pass."""
    with pytest.MonkeyPatch.context() as patch:
        world: World | None = None
        patch.setattr(inboxes, "_now_ms", lambda: world.now_ms if world else NOW_MS)
        world = World(tmp_path_factory.mktemp("inbox"), bounds)
        for action, *arguments in actions:
            if action == "send":
                world.send(*arguments)
            elif action == "tend":
                world.doors[arguments[0]].keeper.tend()
            elif action == "restart":
                world.doors[arguments[0]].close()
                world.doors[arguments[0]] = world.open()
            elif action == "hours":
                world.now_ms += arguments[0] * HOUR_MS
            else:
                broken = Entry(IDENTITIES.name, bytes(16), b"?", (-1, 2, 3), 0)
                with pytest.raises(OurFault):
                    keep(world.doors[arguments[0]], *map(event, arguments[1]), [broken])
        for door in (0, 1):
            world.send(door, list(range(150)))
        world.close()


def test_two_doors_at_once_count_each_id_once(tmp_path: Path) -> None:
    doors = [Inbox(tmp_path, LIMIT, TINY) for _ in range(2)]

    async def play() -> int:
        batches = [
            door.accept(Batch(new_batch_id(NOW_MS), [event(n) for n in range(start, start + 40)], []))
            for start in range(0, 400, 20)
            for door in doors
        ]
        return sum(result.receipt.accepted for result in await asyncio.gather(*batches))

    assert asyncio.run(play()) == 420
    for door in doors:
        door.close()


def test_an_id_that_was_forgotten_counts_again_and_once(inbox: Inbox) -> None:
    for number in (1, 2):
        keep(inbox, order(number))
        if number == 1:
            send(inbox, *range(100, 120))
            settled(inbox)  # 1 stands in a run by now, 2 in memory
    for _ in range(2):
        inbox.run(
            lambda connection: inbox.ids.forget(
                connection, ORDER_ITEMS, [(n).to_bytes(16) for n in (1, 2)], NOW_MS
            )
        )
        assert keep(inbox, order(1), order(2), order(1)) == (2, 1)
        assert keep(inbox, order(1), order(2)) == (0, 2)
        send(inbox, *range(200, 220))
        settled(inbox)
    other = Inbox(inbox.folder, LIMIT, TINY)
    assert keep(other, order(1), order(2)) == (0, 2)
    other.close()


def test_what_a_step_that_fails_has_added_is_not_remembered(inbox: Inbox) -> None:
    def step(connection: sqlite3.Connection) -> None:
        inbox.ids.add(connection, DEAD_LETTERS.name, [bytes(16)], NOW_MS)
        inbox.ids.forget(connection, EVENTS.name, [(1).to_bytes(16)], NOW_MS)
        raise ValueError("no")

    send(inbox, 1)
    with pytest.raises(ValueError, match="no"):
        inbox.run(step)
    assert inbox.run(lambda c: inbox.ids.seen(c, DEAD_LETTERS.name, [bytes(16)])) == set()
    assert send(inbox, 1, 2) == (1, 1)


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from footfall.ingest import ids, keeper, runs
from footfall.ingest.inbox import Inbox
from tests.ingest.test_ids import LIMIT, TINY, send

folder, point, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

door = Inbox(folder, LIMIT, TINY)
passed = 0
owner, name = {
    "draft": (runs.Writer, "_finish"), "renamed": (runs, "sync_folder"), "moving": (ids, "register"),
    "moved": (ids.Ids, "_open"), "merged": (keeper.Keeper, "_unlink"),
}[point]
original = getattr(owner, name)

def dying(*arguments):
    global passed
    passed += 1
    if passed == rounds:
        die()
    return original(*arguments)

setattr(owner, name, dying)
for start in range(0, 1000, 5):
    accepted, duplicate = send(door, *range(start, start + 5))
    os.write(1, f"{start} {accepted} {duplicate}\\n".encode())
    door.keeper.tend()
"""


@pytest.mark.parametrize("point", ["draft", "renamed", "moving", "moved", "merged"])
@pytest.mark.parametrize("rounds", [1, 4])
def test_killed_anywhere_between_a_file_and_its_registration_nothing_is_forgotten(
    tmp_path: Path, point: str, rounds: int
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), point, str(rounds)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    answered = [[int(word) for word in line.split()] for line in killed.stdout.splitlines()]
    assert answered
    assert all((accepted, duplicate) == (5, 0) for _, accepted, duplicate in answered)
    sent = [number for start, _, _ in answered for number in range(start, start + 5)]
    door = Inbox(tmp_path, LIMIT, TINY)
    assert send(door, *sent) == (0, len(sent))
    settled(door)
    assert files(door) == {row.file for row in listed(door)}
    assert send(door, *sent) == (0, len(sent))
    assert send(door, 5_000) == (1, 0)
    door.close()


def test_ids_of_a_file_that_is_gone_are_lost_and_the_reach_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    door = Inbox(tmp_path, LIMIT, TINY)
    since, _ = ids.reach(door.connect())
    send(door, *range(10))
    settled(door)
    last_at = listed(door)[-1].last_at
    door.close()
    for path in door.ids.folder.glob("*.run"):
        path.write_bytes(b"not what it was")
    door = Inbox(tmp_path, LIMIT, TINY)
    assert "10 accepted ids are lost" in caplog.text
    assert ids.reach(door.connect()) == (last_at, 0)
    assert last_at >= since
    assert send(door, 1) == (1, 0)
    door.close()


def test_a_disk_that_does_not_keep_up_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper.Keeper, "tend", lambda self: None)
    door = Inbox(tmp_path, LIMIT, Bounds(recent=8, fan=3, waiting=40))
    send(door, *range(40))
    with pytest.raises(Overloaded, match="behind"):
        send(door, 1_000)
    monkeypatch.undo()
    settled(door)
    assert send(door, 1_000) == (1, 0)
    door.close()


def test_an_inbox_of_release_0_1_is_read_without_loss(tmp_path: Path) -> None:
    old = Path(__file__).with_name("journal_0_1.sql").read_text()
    linked = (9).to_bytes(16)
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite", isolation_level=None)) as connection:
        connection.executescript(old)
        connection.execute("INSERT INTO lanes VALUES ('events', 0, 0)")
        connection.execute(
            "INSERT INTO chunks (lane, rows, months, accepted_at, urgent, body)"
            " VALUES ('order_items', 1, '202501', ?, 1, ?)",
            (NOW_MS, b"an order"),
        )
        for slot, started_at in ((2, NOW_MS - 30 * HOUR_MS), (0, NOW_MS - 5 * HOUR_MS)):
            connection.execute("INSERT INTO id_generations VALUES (?, ?, 0)", (slot, started_at))
            statement = f"INSERT OR REPLACE INTO ids_{slot} (key, value) VALUES (?, ?)"
            for number in range(slot * 100, slot * 100 + 30):
                for lane in (3, 0, 9):
                    connection.execute(statement, (bytes([lane]) + number.to_bytes(16), b""))
            connection.execute(statement, (bytes([7]) + linked, b"now" if slot == 0 else b"then"))
    door = Inbox(tmp_path, LIMIT, TINY)
    assert chunks.items(door.connect(), "order_items", 10) == [(1, True, b"an order")]
    since, count = ids.reach(door.connect())
    assert (since, count) == (NOW_MS - 30 * HOUR_MS, 180)
    numbers = [*range(30), *range(200, 230)]
    assert send(door, *numbers, 31) == (1, 60)
    assert keep(door, *map(order, numbers), order(31)) == (1, 60)
    link = (9, 2, NOW_MS)
    assert keep(door, [Entry(IDENTITIES.name, linked, b"now", link, 0)]) == (0, 1)
    assert keep(door, [Entry(IDENTITIES.name, linked, b"then", link, 0)]) == (1, 0)
    settled(door)
    assert {row.last_at < NOW_MS - 24 * HOUR_MS for row in listed(door)} == {False}
    door.close()
    door = Inbox(tmp_path, LIMIT, TINY)
    assert send(door, *numbers) == (0, 60)
    door.close()
