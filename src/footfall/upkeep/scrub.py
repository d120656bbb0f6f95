"""What of a person stands in ingest's inbox: rows and changes on their way, records of orders, receipts, ids.

It runs behind the fence, in one transaction of the inbox: no block is open, and no stage has changes in hand.
Orders keep their money and lose their person; everything else of the person is removed. Deleted pages are
overwritten (`secure_delete`), and the journal of the file is emptied at the end.
"""

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from msgspec import msgpack

from footfall.config import Config
from footfall.errors import StoreUnavailable
from footfall.ingest import ids, kept, native, runs
from footfall.ingest.changes import OrderChange, UserChange, pack
from footfall.ingest.lanes import (
    BY_NAME,
    CONTACTS,
    DEAD_LETTERS,
    EVENTS,
    IDENTITIES,
    LANES,
    ORDER_ITEMS,
    ORDERS,
    USER_ITEMS,
    USERS,
)
from footfall.ingest.ledger import Holder, OrderState
from footfall.model import derived_uuid
from footfall.upkeep.person import Person

_COUNT: Final = "UPDATE lanes SET rows = rows + ?, bytes = bytes + ? WHERE lane = ?"
_NO_PROPERTIES: Final = b""
_EMPTY_S: Final = 60.0
_items = msgpack.Decoder(list[bytes])
_order = msgpack.Decoder(OrderChange)
_user = msgpack.Decoder(UserChange)
_state = msgpack.Decoder(OrderState)
_packed = msgpack.Encoder().encode
Rewritten = tuple[int, bytes]  # rows that are left of a chunk, and its body


@dataclass(slots=True)
class Scrubbed:
    """How much was removed of what; `keys`: their ids by lane; `batches` whose receipts go, too."""

    counts: dict[str, int] = field(default_factory=dict)
    keys: dict[str, list[bytes]] = field(default_factory=dict)
    batches: set[bytes] = field(default_factory=set)

    def note(self, what: str, count: int) -> None:
        if count:
            self.counts[what] = self.counts.get(what, 0) + count


@contextmanager
def opened(config: Config) -> Iterator[sqlite3.Connection | None]:
    """A connection to the inbox that overwrites what it deletes; None where there is no inbox."""
    path = config.data_dir / "inbox" / "inbox.sqlite"
    if not path.exists():
        yield None
        return
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        # Its log is copied by ingest, and at the end: a copy beside ingest's commits may lose some (`log`).
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA synchronous = FULL")
        yield connection


def release(config: Config, connection: sqlite3.Connection) -> None:
    """Lets go of every kept block, once the kernel has written what the store has of it."""
    before_ms = time.time_ns() // 1_000_000 + 1
    if config.embedded:
        kept.sync(config.data_dir)
    more = True
    while more:
        with transaction(connection):
            more = kept.release(connection, before_ms)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def scrub(connection: sqlite3.Connection, person: Person, pseudonym: int, done: Scrubbed) -> None:
    """Removes the person from what is on its way, and from what the inbox remembers; in a transaction."""
    waiting = "SELECT id, lane, rows FROM chunks WHERE block_id IS NULL"
    for chunk_id, lane, rows in connection.execute(waiting).fetchall():
        if (rewrite := _REWRITE.get(lane)) is None:
            continue
        (body,) = connection.execute("SELECT body FROM bodies WHERE id = ?", (chunk_id,)).fetchone()
        found = rewrite(lane, rows, body, person, pseudonym, done)
        if found is not None:
            _replace(connection, chunk_id, lane, (rows, len(body)), found)
    _early(connection, person, pseudonym, done)
    _records(connection, person, pseudonym, done)
    _values(connection, person, done)


def forget(connection: sqlite3.Connection, done: Scrubbed, person: Person) -> None:
    """Removes receipts of the batches that held something of the person, and those that name them."""
    texts = [text.encode() for text in person.texts if len(text) >= 4]
    for table, column in (("receipts", "answer"), ("corrections", "correction")):
        named = [  # read while ingest goes on: there may be millions
            batch
            for batch, answer in connection.execute(f"SELECT batch_id, {column} FROM {table}")  # noqa: S608
            if batch in done.batches or any(text in answer for text in texts)
        ]
        delete = f"DELETE FROM {table} WHERE batch_id = ? RETURNING length({column})"  # noqa: S608
        with transaction(connection):
            for batch in named:
                for (size,) in connection.execute(delete, (batch,)).fetchall():
                    done.note(table, 1)
                    if table == "receipts":
                        connection.execute(_COUNT, (-1, -size, "receipts"))


def finish(connection: sqlite3.Connection) -> None:
    """Empties the journal of the inbox's file, which holds what was there before."""
    deadline = time.monotonic() + _EMPTY_S
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # ingest copies it just now
        if time.monotonic() > deadline:
            raise StoreUnavailable("the inbox's journal is in use all the time; erase again")
        time.sleep(0.05)


def unindex(
    config: Config, connection: sqlite3.Connection, unwanted: dict[str, list[bytes]], done: Scrubbed
) -> None:
    """Removes ids from the index, wherever they stand; the keeper of the index is held meanwhile."""
    folder = config.data_dir / "inbox" / "ids"
    (salt,) = connection.execute("SELECT salt FROM id_index").fetchone()
    probes = {lane: runs.probe(b"".join(keys), salt) for lane, keys in unwanted.items() if keys}
    with _alone(folder):
        connection.execute("BEGIN IMMEDIATE")
        made = []
        for lane, first, last, first_at, last_at in connection.execute(
            "SELECT lane, min(seq), max(seq), min(at_ms), max(at_ms) FROM id_batches GROUP BY lane"
        ).fetchall():
            query = "SELECT ids FROM id_batches WHERE lane = ? AND seq BETWEEN ? AND ?"
            held = ids.split(b"".join(row[0] for row in connection.execute(query, (lane, first, last))))
            left = [key for key in held if key not in set(unwanted.get(lane, ()))]
            done.note("ids", len(held) - len(left))
            if left:
                made.append(_run(folder, lane, left, salt, last, first_at, last_at))
        connection.execute("DELETE FROM id_batches")
        ids.register(connection, made)
        old = []
        for row in ids.listed(connection):
            if row.lane not in probes or row in made:
                continue
            run = runs.Run(folder / row.file, salt)
            if not run.find(probes[row.lane]):
                continue
            file = ids.new_file()
            count = runs.without(folder / file, folder / row.file, salt, probes[row.lane])
            connection.execute("DELETE FROM id_runs WHERE file = ?", (row.file,))
            if count:
                ids.register(connection, [_changed(row, file, count)])
            done.note("ids", row.ids - count)
            old.append(row.file)
        for lane, keys in unwanted.items():
            rows = [(lane, key) for key in keys]
            connection.executemany("DELETE FROM id_forgotten WHERE lane = ? AND key = ?", rows)
        connection.execute("COMMIT")
        for file in old:
            (folder / file).unlink(missing_ok=True)


def _run(
    folder: Path, lane: str, left: list[bytes], salt: int, last: int, first_at: int, last_at: int
) -> ids.RunRow:
    file = ids.new_file()
    count = runs.write(folder / file, b"".join(left), salt)
    return ids.RunRow(file, lane, 0, count, last, first_at, last_at)


def _changed(row: ids.RunRow, file: str, count: int) -> ids.RunRow:
    return ids.RunRow(file, row.lane, row.level, count, row.last, row.first_at, row.last_at)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keeps every process's keeper of the index from its work."""
    with (folder / "keeper.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(
    connection: sqlite3.Connection, chunk_id: int, lane: str, was: tuple[int, int], left: Rewritten
) -> None:
    rows, body = left
    if rows:
        connection.execute("UPDATE chunks SET rows = ?, size = ? WHERE id = ?", (rows, len(body), chunk_id))
        connection.execute("UPDATE bodies SET body = ? WHERE id = ?", (body, chunk_id))
    else:
        connection.execute("DELETE FROM chunks WHERE id = ?", (chunk_id,))
        body = b""
    connection.execute(_COUNT, (rows - was[0], len(body) - was[1], lane))


def _without(*names: str) -> Callable[..., Rewritten | None]:
    """Takes rows out whose columns of these names hold the person."""

    def rewrite(
        lane: str, rows: int, body: bytes, person: Person, _: int, done: Scrubbed
    ) -> Rewritten | None:
        columns = BY_NAME[lane].columns
        held = [native.numbers(columns, body, rows, name) for name in names]
        theirs = [any(number in person.numbers for number in row) for row in zip(*held, strict=True)]
        return _taken_out(lane, rows, body, theirs, done)

    return rewrite


def _taken_out(lane: str, rows: int, body: bytes, theirs: list[bool], done: Scrubbed) -> Rewritten | None:
    if not any(theirs):
        return None
    columns = BY_NAME[lane].columns
    if lane in ids.LANES:
        found = native.first_column(columns, body, rows)
        done.keys.setdefault(lane, []).extend(key for key, gone in zip(found, theirs, strict=True) if gone)
    done.note(f"{lane} in the inbox", sum(theirs))
    left = [not gone for gone in theirs]
    return sum(left), native.take(columns, body, rows, left) if any(left) else b""


def _letters(lane: str, rows: int, body: bytes, person: Person, _: int, done: Scrubbed) -> Rewritten | None:
    columns = BY_NAME[lane].columns
    theirs = [person.in_item(raw) for raw in native.strings(columns, body, rows, "raw")]
    return _taken_out(lane, rows, body, theirs, done)


def _ledger(lane: str, rows: int, body: bytes, person: Person, to: int, done: Scrubbed) -> Rewritten | None:
    columns = BY_NAME[lane].columns
    theirs = [number in person.numbers for number in native.numbers(columns, body, rows, "user_id")]
    if not any(theirs):
        return None
    done.note("orders in the inbox", sum(theirs))
    return rows, native.put(columns, body, rows, theirs, {"user_id": to, "properties": _NO_PROPERTIES})


def _order_items(_: str, rows: int, body: bytes, person: Person, to: int, done: Scrubbed) -> Rewritten | None:
    found = _items.decode(body)
    new = [_renamed(item, person, to) for item in found]
    if all(one is None for one in new):
        return None
    done.note("orders in the inbox", sum(one is not None for one in new))
    return rows, _packed([item if one is None else one for item, one in zip(found, new, strict=True)])


def _renamed(item: bytes, person: Person, to: int) -> bytes | None:
    """An order's change with a pseudonym for the person; None where it is not theirs."""
    change = _order.decode(item)
    if change.user_id not in person.numbers and not person.in_item(change.origin.raw):
        return None
    change.user_id = to
    change.properties = _NO_PROPERTIES
    change.origin.raw = b""
    return pack(change)


def _user_items(
    _: str, _rows: int, body: bytes, person: Person, _to: int, done: Scrubbed
) -> Rewritten | None:
    found = _items.decode(body)
    left = [item for item in found if _user.decode(item).user_id not in person.numbers]
    if len(left) == len(found):
        return None
    done.note("users in the inbox", len(found) - len(left))
    return len(left), _packed(left)


def _early(connection: sqlite3.Connection, person: Person, to: int, done: Scrubbed) -> None:
    """Changes that wait for their order."""
    for number, change in connection.execute("SELECT id, change FROM early").fetchall():
        if (new := _renamed(change, person, to)) is not None:
            connection.execute("UPDATE early SET change = ? WHERE id = ?", (new, number))
            connection.execute("UPDATE early_totals SET bytes = bytes + ?", (len(new) - len(change),))
            done.note("orders in the inbox", 1)


def _records(connection: sqlite3.Connection, person: Person, to: int, done: Scrubbed) -> None:
    """The ledger's record of orders."""
    for order_id, packed in connection.execute("SELECT order_id, state FROM orders").fetchall():
        state = _state.decode(packed)
        holders = [
            line for line in state.lines.values() if line.holder and line.holder.user_id in person.numbers
        ]
        if state.user_id not in person.numbers and not holders:
            continue
        if state.user_id in person.numbers:
            state.user_id = to
        for line in holders:
            assert line.holder is not None
            line.holder = Holder(to, line.holder.payment_method, line.holder.country)
        connection.execute("UPDATE orders SET state = ? WHERE order_id = ?", (_packed(state), order_id))
        done.note("records of orders", 1)


def _values(connection: sqlite3.Connection, person: Person, done: Scrubbed) -> None:
    """Last values of the person's attributes, of their name's stub, and of links to them."""
    users, links = (bytes([LANES.index(lane)]) for lane in (USER_ITEMS, IDENTITIES.name))
    keys = [users + derived_uuid(kind, text.encode()) for text in person.texts for kind in (b"user", b"stub")]
    keys += [links + number.to_bytes(16) for number in person.numbers]
    for slot in range(3):
        gone = 0
        for key in keys:
            gone += connection.execute(f"DELETE FROM values_{slot} WHERE key = ?", (key,)).rowcount  # noqa: S608
        for number in person.numbers:
            gone += connection.execute(
                f"DELETE FROM values_{slot} WHERE key >= ? AND key < ? AND value = ?",  # noqa: S608
                (links, bytes([links[0] + 1]), number.to_bytes(8)),
            ).rowcount
        done.note("last values", gone)


def keys_of(rows: Iterable[Any]) -> list[bytes]:
    """Ids as the index holds them, of UUIDs as the store gives them."""
    return [one.bytes for one in rows]


_REWRITE: Final[dict[str, Callable[..., Rewritten | None]]] = {
    EVENTS.name: _without("user_id"),
    USERS.name: _without("user_id"),
    CONTACTS.name: _without("user_id"),
    IDENTITIES.name: _without("anonymous_id", "user_id"),
    DEAD_LETTERS.name: _letters,
    ORDERS.name: _ledger,
    ORDER_ITEMS: _order_items,
    USER_ITEMS: _user_items,
}
