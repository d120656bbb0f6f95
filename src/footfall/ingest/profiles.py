"""The stage of users and products: attributes are merged into what the store holds, the latest win.

A change names some attributes; those that it does not name stay as they are. A change that is older than
what the store holds, or says nothing new, becomes no row. The rows of one round are in the store before
the next round asks it, so each round sees the one before.
"""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import msgpack

from footfall.config import Config
from footfall.countries import UNKNOWN
from footfall.ingest import chunks, receipts
from footfall.ingest.changes import ProductChange, UserChange
from footfall.ingest.dead_letters import correction, late_letter, not_told_before
from footfall.ingest.fields import Rejected
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import CONTACTS, DEAD_LETTERS, PRODUCT_ITEMS, PRODUCTS, USER_ITEMS, USERS, Lane
from footfall.ingest.metrics import Metrics
from footfall.ingest.outcome import Entry
from footfall.ingest.receipts import Correction
from footfall.ingest.writer import MANY_ROWS, PATIENT_INTERVALS, POLL_S, Worker
from footfall.model import EPOCH, Kind, Reason, derived_uuid, money

CHUNKS_AT_ONCE: Final = 500  # requests that name somebody new bring many small chunks; a round takes a flush
IDS_AT_ONCE: Final = 5_000

Row = tuple[Any, ...]
Rows = dict[int, Row]
_items = msgpack.Decoder(list[bytes])
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_json = msgspec.json.Encoder().encode

HELD_USERS: Final = """
    SELECT user_id, external_id, country, is_premium, age, registration_date, updated_at, properties
    FROM footfall.users WHERE user_id IN {ids:Array(UInt64)}
    ORDER BY updated_at DESC, block_id DESC LIMIT 1 BY user_id"""
_CONTACTS: Final = """
    SELECT user_id, name, email, phone, updated_at
    FROM footfall_private.contacts WHERE user_id IN {ids:Array(UInt64)}
    ORDER BY updated_at DESC, block_id DESC LIMIT 1 BY user_id"""
_PRODUCTS: Final = """
    SELECT product_id, external_id, name, category, brand, price, currency, updated_at, properties
    FROM footfall.products WHERE product_id IN {ids:Array(UInt64)}
    ORDER BY updated_at DESC, block_id DESC LIMIT 1 BY product_id"""


@dataclass(slots=True)
class Merged:
    """What a round comes to: rows by lane and id, and changes that were refused."""

    rows: dict[str, Rows] = field(default_factory=dict)
    letters: list[Entry] = field(default_factory=list)
    corrections: dict[bytes, Correction] = field(default_factory=lambda: defaultdict(Correction))
    unchanged: int = 0
    changed: int = 0
    refused: int = 0

    def same(self, change: UserChange | ProductChange) -> None:
        """Counts a change that says nothing new."""
        self.unchanged += 1
        self.corrections[change.origin.batch_id].add(correction(change.origin, "duplicate", ()))

    def collides(self, kind: Kind, name: str, change: UserChange | ProductChange) -> None:
        """Refuses a change whose id has the hash of another."""
        message = f"{name} has the same 64-bit hash as another {name} of this shop: choose another"
        refused = Rejected(Reason.ID_COLLISION, name, message)
        letter_id = derived_uuid(b"collision", change.external_id.encode())
        if change.origin.source != "replay":  # its letter is there, and stays
            self.letters.append(late_letter(kind, letter_id, 0, change.origin, refused))
        self.refused += 1
        self.corrections[change.origin.batch_id].add(correction(change.origin, "rejected", [refused]))


class ProfileStage(Worker):
    """Turns changes of users, or of products, into rows with all their attributes."""

    def __init__(self, kind: Kind, inbox: Inbox, config: Config, metrics: Metrics) -> None:
        super().__init__(f"{kind} stage", inbox, config, metrics)
        self.kind = kind
        self.lane = USER_ITEMS if kind == "users" else PRODUCT_ITEMS
        self.after: tuple[Lane, ...] = (USERS, CONTACTS) if kind == "users" else (PRODUCTS,)
        self._decode: Callable[[bytes], Any] = msgpack.Decoder(
            UserChange if kind == "users" else ProductChange
        ).decode

    def work(self) -> None:
        """Merges the next few chunks, once the rows of the last round are in the store; many together, where
        nobody waits for them."""
        arrived, awaited = self.inbox.arrived[self.lane], self.inbox.awaited[self.lane]
        arrived.clear()
        head = chunks.head(self.reader, self.lane, MANY_ROWS)
        if head is None:
            arrived.wait(POLL_S)
            return
        if any(chunks.last_id(self.reader, lane.name) for lane in self.after):
            self.stopping.wait(0.01)
            return
        age_ms = time.time_ns() // 1_000_000 - head.accepted_at
        left_ms = self.config.flush_interval_ms * PATIENT_INTERVALS - age_ms
        if left_ms > 0 and not (awaited.is_set() or head.urgent or head.full):
            awaited.wait(min(left_ms / 1000, POLL_S))
            return
        awaited.clear()
        with self.passed():
            self._decide()

    def _decide(self) -> None:
        """A round: from what waits to the inbox's transaction."""
        taken = chunks.items(self.reader, self.lane, CHUNKS_AT_ONCE)
        if not taken:
            return
        changes = [self._decode(item) for _, _, body in taken for item in _items.decode(body)]
        merged = self._merge(changes)
        outcomes = {
            "accepted": merged.changed,
            "duplicate": merged.unchanged,
            "rejected": merged.refused,
        }
        for outcome, count in outcomes.items():
            self.metrics.decided.labels(self.kind, outcome).inc(count)
        urgent = any(chunk[1] for chunk in taken)
        now_ms = max(change.origin.accepted_at for change in changes)

        def step(connection: sqlite3.Connection) -> None:
            for name, rows in merged.rows.items():
                entries = [Entry(name, b"", b"", row, 0) for row in rows.values()]
                if entries:
                    chunks.add(connection, name, entries, now_ms, urgent=urgent)
            if fresh := not_told_before(connection, self.inbox.ids, merged.letters, now_ms):
                chunks.add(connection, DEAD_LETTERS.name, fresh, now_ms, urgent=False)
            receipts.correct(connection, merged.corrections)
            chunks.consume(connection, self.lane, taken[-1][0])

        self.inbox.run(step)
        for name in merged.rows:
            self.inbox.arrived[name].set()

    def _merge(self, changes: Sequence[Any]) -> Merged:
        if self.kind == "users":
            ids = {change.user_id for change in changes}
            return merge_users(changes, self._held(HELD_USERS, ids), self._held(_CONTACTS, ids))
        return merge_products(changes, self._held(_PRODUCTS, {change.product_id for change in changes}))

    def _held(self, query: str, ids: Iterable[int]) -> Rows:
        """What the store holds of these ids, as rows."""
        every = sorted(ids)
        rows: Rows = {}
        for start in range(0, len(every), IDS_AT_ONCE):
            part = every[start : start + IDS_AT_ONCE]
            for row in self.store.client.query(query, parameters={"ids": part}).result_rows:
                rows[row[0]] = tuple(map(_inner, row))
        return rows


def merge_users(changes: Sequence[UserChange], users: Rows, contacts: Rows) -> Merged:
    """Merges changes into rows of users and contacts."""
    merged = Merged({USERS.name: {}, CONTACTS.name: {}})
    users, contacts = dict(users), dict(contacts)
    for change in changes:
        new = (change.user_id, change.external_id, UNKNOWN, False, 0, 0, change.updated_at, b"")
        held = users.get(change.user_id)
        if held is not None and _collides(held[1], change.external_id):
            merged.collides("users", "user_id", change)
            continue
        given = (change.country, change.is_premium, change.age, change.registration_date)
        sent: bytes | str | None = change.properties
        if change.merges and change.properties and held is not None and held[7]:
            sent = _together(held[7], change.properties)
        row = _merge_row(held, new, (None, None, *given, change.updated_at, sent), 6)
        contact = None
        details = (change.name, change.email, change.phone)
        if any(detail is not None for detail in details):
            empty = (change.user_id, "", "", "", change.updated_at)
            held_contact = contacts.get(change.user_id)
            contact = _merge_row(held_contact, empty, (None, *details, change.updated_at), 4)
        if row is not None:
            users[change.user_id] = merged.rows[USERS.name][change.user_id] = row
        if contact is not None:
            contacts[change.user_id] = merged.rows[CONTACTS.name][change.user_id] = contact
        if row is None and contact is None:
            merged.same(change)
        else:
            merged.changed += 1
    return merged


def merge_products(changes: Sequence[ProductChange], products: Rows) -> Merged:
    """Merges changes into rows of products."""
    merged = Merged({PRODUCTS.name: {}})
    products = dict(products)
    for change in changes:
        new = (change.product_id, change.external_id, "", "", "", 0, change.currency, change.updated_at, b"")
        held = products.get(change.product_id)
        if held is not None and _collides(held[1], change.external_id):
            merged.collides("products", "product_id", change)
            continue
        given = (change.name, change.category, change.brand, change.price, change.currency)
        row = _merge_row(held, new, (None, None, *given, change.updated_at, change.properties), 7)
        if row is None:
            merged.same(change)
        else:
            merged.changed += 1
            products[change.product_id] = merged.rows[PRODUCTS.name][change.product_id] = row
    return merged


def _merge_row(held: Row | None, new: Row, given: Row, time_at: int) -> Row | None:
    """The row with what is given (None: not) put in; None where that is old or changes nothing."""
    if held is not None and given[time_at] < held[time_at]:
        return None
    base = held if held is not None else new
    row = tuple(old if value is None else value for old, value in zip(base, given, strict=True))
    if held is not None and _but(row, time_at) == _but(held, time_at):
        return None
    return row


def _together(held: bytes | str, given: bytes) -> bytes | str:
    """Properties that are held with those that are given put in: who names one says nothing of the others."""
    text = _json({**_members(held), **_members(given)})
    return text.decode() if isinstance(held, str) else text


def _but(row: Row, position: int) -> Row:
    return row[:position] + row[position + 1 :]


def _collides(held: str, external_id: str) -> bool:
    """Whether two outside ids have one inside id; rows that were written without text hold the number."""
    return held not in {external_id, ""}


def _inner(value: Any) -> Any:
    """A value of the store as rows hold it."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return round((moment - EPOCH).total_seconds() * 1000)
    if isinstance(value, date):
        return value.toordinal() - date(1970, 1, 1).toordinal()
    return money(value) if isinstance(value, Decimal) else value
