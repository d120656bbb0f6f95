"""What is kept and for how long: bounds, versions, crowds."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from footfall.web import kept
from footfall.web.kept import Kept
from footfall.web.versions import EVERYTHING, Versions


class Rows:
    """Stands for the store's rows: tells the versions that it is given."""

    def __init__(self) -> None:
        self.looks = 0
        self.versions: dict[str, str] | None = {EVERYTHING: "1", "events": "1", "orders": "1"}

    async def read(self) -> Versions | None:
        self.looks += 1
        return None if self.versions is None else dict(self.versions)

    def change(self, table: str) -> None:
        assert self.versions is not None
        self.versions[table] += "1"


class Work:
    """Work that counts its runs and answers with as many bytes as it is told."""

    def __init__(self, size: int = 10) -> None:
        self.runs = 0
        self.size = size
        self.told: Versions | None = None

    async def __call__(self, versions: Versions | None) -> bytes:
        self.runs += 1
        self.told = versions
        await asyncio.sleep(0)
        return bytes(self.size)


class Clock:
    """Stands for the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr(kept, "monotonic", lambda: self.now)


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def answers(rows: Rows) -> Kept:
    return Kept(rows)


async def test_an_answer_is_kept_until_a_table_that_it_reads_changes(answers: Kept, rows: Rows) -> None:
    work = Work()
    for table, runs in (("", 1), ("orders", 1), ("events", 2), (EVERYTHING, 3)):
        if runs > 1 or table:
            rows.change(table)
        for _ in range(2):
            await answers.ask("how many", ["events"], work)
        assert work.runs == runs, table
    assert work.told == rows.versions


async def test_a_crowd_shares_a_run_that_has_begun(answers: Kept, rows: Rows) -> None:
    work = Work()
    asks: list[Callable[[], Awaitable[bytes]]] = [lambda: answers.ask("how many", ["events"], work)] * 16
    await asyncio.gather(*(ask() for ask in asks))
    assert work.runs == 1


async def test_an_answer_of_rows_that_have_changed_meanwhile_is_given_and_not_kept(
    answers: Kept, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Changing(Work):
        async def __call__(self, versions: Versions | None) -> bytes:
            if not self.runs:
                rows.change("events")
                await answers.ask("another", ["events"], Work())
            return await super().__call__(versions)

    clock = Clock(monkeypatch)
    work = Changing()
    await answers.ask("how many", ["events"], work)
    assert answers.bytes == 10, "of the other alone"
    clock.now += 1.1
    await answers.ask("how many", ["events"], work)
    assert (work.runs, answers.bytes) == (2, 20)


@pytest.mark.parametrize("alone", [True, False])
async def test_what_may_not_be_kept_is_run_each_time(answers: Kept, rows: Rows, alone: bool) -> None:
    work = Work()
    if not alone:
        rows.versions = None
    for _ in range(3):
        await answers.ask("how many", None if alone else ["events"], work)
    assert (work.runs, work.told, answers.bytes) == (3, None, 0)


async def test_changed_rows_end_every_answer_that_was_read_from_them(answers: Kept, rows: Rows) -> None:
    for number in range(10):
        await answers.ask(number, ["events"], Work())
    await answers.ask("orders", ["orders"], Work())
    rows.change("events")
    await answers.ask("orders", ["orders"], Work())
    assert answers.bytes == 10, "an erased person's answers are gone, whoever asks whatever next"


async def test_where_rows_do_not_rest_no_versions_are_asked_for(
    answers: Kept, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    work = Work()
    for _ in range(1_200):  # ten minutes beside a stream
        rows.change("events")
        await answers.ask("how many", ["events"], work)
        clock.now += 0.5
    assert work.runs == 1_200
    assert rows.looks < 40
    looks = rows.looks
    await answers.ask("how many", ["events"], work)
    assert (rows.looks, work.told) == (looks, None)
    await answers.ask("another", ["events"], work)
    assert rows.looks == looks + 1, "of each question it is known apart"


async def test_once_rows_rest_an_answer_is_kept_again(
    answers: Kept, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    work = Work()
    for _ in range(100):
        rows.change("events")
        await answers.ask("how many", ["events"], work)
        clock.now += 3.0
    rested = clock.now
    while clock.now < rested + 2 * kept.DIRECT_S:
        await answers.ask("how many", ["events"], work)
        clock.now += 3.0
    work.runs = 0
    for _ in range(10):
        await answers.ask("how many", ["events"], work)
    assert work.runs == 0
    rows.change("events")
    for _ in range(10):
        await answers.ask("how many", ["events"], work)
    assert work.runs == 1, "an answer that was asked for again was not kept in vain"


async def test_rows_that_change_under_every_run_count_once_for_all_who_wait(
    answers: Kept, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Overtaken(Work):
        async def __call__(self, versions: Versions | None) -> bytes:
            rows.change("events")
            await answers.ask("another", ["events"], Work())
            return await super().__call__(versions)

    clock = Clock(monkeypatch)
    work = Overtaken()
    await asyncio.gather(*(answers.ask("how many", ["events"], work) for _ in range(16)))
    await answers.ask("how many", ["events"], work)
    assert work.told is None
    clock.now += 1.1
    await answers.ask("how many", ["events"], work)
    assert work.told is not None, "after a second"


async def test_the_bound_is_bytes_and_the_longest_unasked_goes_first(answers: Kept) -> None:
    large = [Work(kept.LARGEST) for _ in range(kept.BYTES // kept.LARGEST)]
    for number, work in enumerate(large):
        await answers.ask(number, ["events"], work)
    assert answers.bytes == kept.BYTES
    await answers.ask(0, ["events"], large[0])
    await answers.ask("one more", ["events"], Work())
    assert answers.bytes == kept.BYTES - kept.LARGEST + 10
    await answers.ask(0, ["events"], large[0])
    await answers.ask(1, ["events"], large[1])
    assert (large[0].runs, large[1].runs) == (1, 2)
    too_large = Work(kept.LARGEST + 1)
    for _ in range(2):
        await answers.ask("too large", ["events"], too_large)
    assert too_large.runs == 2


async def test_where_nobody_asks_nothing_is_kept_for_long(
    answers: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "IDLE_S", 0.01)
    await answers.ask("how many", ["events"], Work())
    assert answers.bytes == 10
    await asyncio.sleep(0.02)  # a loop's timers go off in the order of their times
    assert answers.bytes == 0


async def test_an_error_is_told_and_not_kept(answers: Kept) -> None:
    async def fails(_: Versions | None) -> bytes:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            await answers.ask("how many", ["events"], fails)
    assert answers.bytes == 0
