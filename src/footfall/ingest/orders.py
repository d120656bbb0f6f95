"""The stage of orders: takes changes one at a time, in order, and decides what rows they become.

It decides from its own record of orders, which is ahead of the store, and asks the store about orders that
it has no record of. The decision, the record and the removal of the changes are one transaction of the
inbox: a crash before it leaves the changes waiting, a crash after it leaves rows that are fixed.

A change that comes before its order waits for it (`early`). Imports and replays do not wait: a file is
complete, so an order that is not known by then will not come.
"""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec import msgpack

from footfall.countries import UNKNOWN
from footfall.ingest import chunks, early, kept, receipts
from footfall.ingest.changes import OrderChange
from footfall.ingest.dead_letters import correction, late_letter, not_told_before
from footfall.ingest.early import Early, comes_early
from footfall.ingest.lanes import DEAD_LETTERS, ORDER_ITEMS, ORDERS
from footfall.ingest.ledger import Holder, LineState, OrderState, decide
from footfall.ingest.metrics import Metrics
from footfall.ingest.outcome import Entry
from footfall.ingest.receipts import Correction
from footfall.ingest.writer import POLL_S, Worker
from footfall.model import money

CHUNKS_AT_ONCE: Final = 8
ORDERS_AT_ONCE: Final = 1_000
RECORDS_LIMIT: Final = 200_000
_ROUNDS_BETWEEN_SWEEPS: Final = 500

ROWS: Final = """
    SELECT order_id, line_id, product_id, status, quantity, unit_price, discount, total_amount,
           user_id, payment_method, country, unlinked, entry_id
    FROM footfall.orders
    WHERE order_id IN {ids:Array(String)}
    ORDER BY ingested_at, order_id, line_id, status != 'pending'"""

_changes = msgpack.Decoder(list[bytes])
_change = msgpack.Decoder(OrderChange)
_state = msgpack.Decoder(OrderState)
_pack = msgpack.Encoder().encode


class OrderStage(Worker):
    """Turns changes of orders into rows of the ledger."""

    _rounds = 0

    def work(self) -> None:
        """Decides the next few chunks of changes, and what has waited long enough."""
        arrived = self.inbox.arrived[ORDER_ITEMS]
        arrived.clear()
        now_ms = time.time_ns() // 1_000_000
        if not chunks.items(self.reader, ORDER_ITEMS, 1) and not early.due(self.reader, now_ms):
            arrived.wait(POLL_S)
            return
        with self.passed():
            self._decide(now_ms)

    def _decide(self, now_ms: int) -> None:
        """A round: from what waits to the inbox's transaction."""
        taken = chunks.items(self.reader, ORDER_ITEMS, CHUNKS_AT_ONCE)
        due = early.due(self.reader, now_ms)
        changes = [_change.decode(item) for _, _, body in taken for item in _changes.decode(body)]
        order_ids = {change.order_id for change in changes} | early.order_ids(self.reader, due)
        decided = Round(
            self._states(order_ids),
            early.of(self.reader, order_ids),
            now_ms,
            self.config.change_wait_s * 1000,
            self.metrics,
        )
        for change in changes:
            decided.take(change)
        decided.end(due)
        self._write(decided, taken, max((change.origin.accepted_at for change in changes), default=now_ms))

    def _write(self, decided: "Round", taken: Sequence[tuple[int, bool, bytes]], at_ms: int) -> None:
        """Puts a round into the inbox, as one transaction."""
        urgent = any(chunk[1] for chunk in taken)
        last = taken[-1][0] if taken else 0

        def step(connection: sqlite3.Connection) -> None:
            chunk_id = last
            if decided.rows:
                chunk_id = chunks.add(connection, ORDERS.name, decided.rows, at_ms, urgent=urgent)
            self.inbox.ids.forget(connection, ORDER_ITEMS, decided.refused_ids, at_ms)
            if fresh := not_told_before(connection, self.inbox.ids, decided.letters, at_ms):
                chunks.add(connection, DEAD_LETTERS.name, fresh, at_ms, urgent=False)
            receipts.correct(connection, decided.corrections)
            early.keep(connection, decided.begun(), decided.gone)
            connection.executemany(
                "INSERT OR REPLACE INTO orders (order_id, state, chunk_id) VALUES (?, ?, ?)",
                [(order_id, _pack(state), chunk_id) for order_id, state in decided.states.items()],
            )
            if taken:
                chunks.consume(connection, ORDER_ITEMS, last)

        self.inbox.run(step)
        self.inbox.arrived[ORDERS.name].set()
        self._rounds += 1
        if self._rounds % _ROUNDS_BETWEEN_SWEEPS == 0:
            self.inbox.run(_sweep)

    def _states(self, order_ids: Iterable[str]) -> dict[str, OrderState]:
        """States of orders: from our record, else from the store, else of an order that is new."""
        states: dict[str, OrderState] = {}
        unknown = []
        for order_id in sorted(order_ids):
            row = self.reader.execute("SELECT state FROM orders WHERE order_id = ?", (order_id,)).fetchone()
            if row:
                states[order_id] = _state.decode(row[0])
            else:
                unknown.append(order_id)
                states[order_id] = OrderState()
        for start in range(0, len(unknown), ORDERS_AT_ONCE):
            part = unknown[start : start + ORDERS_AT_ONCE]
            for row in self.store.client.query(ROWS, parameters={"ids": part}).result_rows:
                add_row(states[row[0]], row[1:])
        return states


@dataclass(slots=True)
class Round:
    """Changes of one round and what they come to; `waiting` holds, by order, what waits for it."""

    states: dict[str, OrderState]
    waiting: dict[str, list[Early]]
    now_ms: int
    wait_ms: int
    metrics: Metrics
    rows: list[Entry] = field(default_factory=list)
    letters: list[Entry] = field(default_factory=list)
    corrections: dict[bytes, Correction] = field(default_factory=lambda: defaultdict(Correction))
    refused_ids: list[bytes] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    def take(self, change: OrderChange) -> None:
        """Decides a change, and what waited for it; or lets it wait."""
        waits = self.wait_ms > 0 and change.origin.source == "http"
        if waits and comes_early(self.states[change.order_id], change):
            self.waiting.setdefault(change.order_id, []).append(Early(0, self.now_ms + self.wait_ms, change))
            self.corrections[change.origin.batch_id].waiting += 1
            self.metrics.decided.labels("orders", "waiting").inc()
            return
        self._decide(change)
        self._go_on(change.order_id)

    def end(self, due: set[int]) -> None:
        """Decides, as things stand, changes that have waited long enough."""
        for order_id, changes in self.waiting.items():
            for one in [one for one in changes if one.id in due]:
                if one in changes:  # it may have gone on with another
                    self._decide_waiting(one)
                    self._go_on(order_id)

    def begun(self) -> list[Early]:
        """Changes that wait from now on."""
        found = [one for changes in self.waiting.values() for one in changes if not one.id]
        return sorted(found, key=lambda one: one.until)

    def _go_on(self, order_id: str) -> None:
        """Decides what waited for what has come now, in order, as far as that leads."""
        changes = self.waiting.get(order_id, [])
        while ready := [one for one in changes if not comes_early(self.states[order_id], one.change)]:
            self._decide_waiting(ready[0])

    def _decide_waiting(self, one: Early) -> None:
        self.waiting[one.change.order_id].remove(one)
        if one.id:
            self.gone.append(one.id)
        self.corrections[one.change.origin.batch_id].waiting -= 1
        one.change.origin.accepted_at = self.now_ms  # its rows come after those that it waited for
        self._decide(one.change)

    def _decide(self, change: OrderChange) -> None:
        decision = decide(self.states[change.order_id], change)
        self.rows += decision.rows
        for number, refused in enumerate(decision.refused):
            kind = change.origin.kind or "orders"
            if change.origin.source != "replay":  # its letter is there, and stays
                self.letters.append(late_letter(kind, change.item_id, number, change.origin, refused))
            self.metrics.rejected.labels("orders", refused.reason).inc()
        outcome = "duplicate" if decision.duplicate else "accepted" if decision.rows else "rejected"
        self.metrics.decided.labels("orders", outcome).inc()
        if outcome == "rejected":  # the same change may be right later: it is no duplicate then
            self.refused_ids.append(change.item_id)
        if outcome != "accepted" or decision.refused:
            told = correction(change.origin, outcome, decision.refused)
            self.corrections[change.origin.batch_id].add(told)


def add_row(state: OrderState, row: Sequence[object]) -> None:
    """Adds a stored row of an order to its state."""
    line_id, product_id, status, quantity, unit_price, discount, total, user_id, method, country = row[:10]
    unlinked, entry_id = row[10:]
    state.entries.add(entry_id.bytes)  # type: ignore[attr-defined]
    units, amount = int(quantity), money(total)  # type: ignore[call-overload, arg-type]
    known_country = "" if country == UNKNOWN else str(country)
    if units > 0 or unlinked or status == "adjusted":  # what takes of a line says who held it, not who does
        state.user_id = int(user_id) or state.user_id  # type: ignore[call-overload]
        state.payment_method = str(method) or state.payment_method
        state.country = known_country or state.country
    if unlinked or status == "adjusted":
        return
    line = state.lines.setdefault(str(line_id), LineState(int(product_id)))  # type: ignore[call-overload]
    if units > 0:
        line.holder = Holder(int(user_id), str(method), known_country)  # type: ignore[call-overload]
    line.unit_price, line.discount = money(unit_price), money(discount)  # type: ignore[arg-type]
    if status == "pending":
        line.pending += units
        line.pending_amount += amount
    elif status == "completed":
        line.completed += units
        line.completed_amount += amount
    else:
        line.back += units
        line.back_amount += amount


def _sweep(connection: sqlite3.Connection) -> None:
    """Forgets the oldest records beyond the limit; never one whose rows are not on the store's disk yet."""
    (count,) = connection.execute("SELECT count(*) FROM orders").fetchone()
    if count > RECORDS_LIMIT:
        held = [chunks.oldest_id(connection, ORDERS.name), kept.oldest_chunk(connection, ORDERS.name)]
        first = min((chunk_id for chunk_id in held if chunk_id is not None), default=1 << 62)
        connection.execute(
            "DELETE FROM orders WHERE order_id IN"
            " (SELECT order_id FROM orders WHERE chunk_id < ? ORDER BY chunk_id LIMIT ?)",
            (first, count - RECORDS_LIMIT),
        )
