"""The stage of orders: takes changes one at a time, in order, and decides what rows they become.

It decides from its own record of orders, which is ahead of the store, and asks the store about orders that
it has no record of. The decision, the record and the removal of the changes are one transaction of the
inbox: a crash before it leaves the changes waiting, a crash after it leaves rows that are fixed.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import msgpack

from footfall.countries import UNKNOWN
from footfall.ingest import chunks, receipts
from footfall.ingest.changes import OrderChange
from footfall.ingest.dead_letters import correction, late_letter
from footfall.ingest.ids import Ids
from footfall.ingest.lanes import DEAD_LETTERS, ORDER_ITEMS, ORDERS
from footfall.ingest.ledger import Holder, LineState, OrderState, decide
from footfall.ingest.outcome import Entry
from footfall.ingest.receipts import Correction
from footfall.ingest.writer import POLL_S, Worker
from footfall.model import money

CHUNKS_AT_ONCE: Final = 8
ORDERS_AT_ONCE: Final = 1_000
RECORDS_LIMIT: Final = 200_000
_ROUNDS_BETWEEN_SWEEPS: Final = 500

_ROWS: Final = """
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
        """Decides the next few chunks of changes."""
        arrived = self.inbox.arrived[ORDER_ITEMS]
        arrived.clear()
        taken = chunks.items(self.reader, ORDER_ITEMS, CHUNKS_AT_ONCE)
        if not taken:
            arrived.wait(POLL_S)
            return
        changes = [_change.decode(item) for _, _, body in taken for item in _changes.decode(body)]
        states = self._states({change.order_id for change in changes})
        rows: list[Entry] = []
        letters: list[Entry] = []
        corrections: dict[bytes, Correction] = defaultdict(Correction)
        refused_ids: list[bytes] = []
        for change in changes:
            decision = decide(states[change.order_id], change)
            rows += decision.rows
            for number, refused in enumerate(decision.refused):
                kind = change.origin.kind or "orders"
                if change.origin.source != "replay":  # its letter is there, and stays
                    letters.append(late_letter(kind, change.item_id, number, change.origin, refused))
            outcome = "duplicate" if decision.duplicate else "accepted" if decision.rows else "rejected"
            self.metrics.decided.labels("orders", outcome).inc()
            if outcome == "rejected":  # the same change may be right later: it is no duplicate then
                refused_ids.append(change.item_id)
            if outcome != "accepted" or decision.refused:
                told = correction(change.origin, outcome, decision.refused)
                corrections[change.origin.batch_id].add(told)
            for refused in decision.refused:
                self.metrics.rejected.labels("orders", refused.reason).inc()
        urgent = any(chunk[1] for chunk in taken)
        now_ms = max(change.origin.accepted_at for change in changes)
        last = taken[-1][0]

        def step(connection: sqlite3.Connection) -> None:
            chunk_id = chunks.add(connection, ORDERS.name, rows, now_ms, urgent=urgent) if rows else last
            self.inbox.ids.forget(connection, ORDER_ITEMS, refused_ids, now_ms)
            if fresh := _not_told_before(connection, self.inbox.ids, letters, now_ms):
                chunks.add(connection, DEAD_LETTERS.name, fresh, now_ms, urgent=False)
            receipts.correct(connection, corrections)
            connection.executemany(
                "INSERT OR REPLACE INTO orders (order_id, state, chunk_id) VALUES (?, ?, ?)",
                [(order_id, _pack(state), chunk_id) for order_id, state in states.items()],
            )
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
            for row in self.store.client.query(_ROWS, parameters={"ids": part}).result_rows:
                add_row(states[row[0]], row[1:])
        return states


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


def _not_told_before(
    connection: sqlite3.Connection, ids: Ids, letters: list[Entry], now_ms: int
) -> list[Entry]:
    """Dead letters but for those of a change that was refused before and sent again; remembers them."""
    entries = {letter.key: letter for letter in letters}
    for key in ids.seen(connection, DEAD_LETTERS.name, list(entries)):
        del entries[key]
    ids.add(connection, DEAD_LETTERS.name, list(entries), now_ms)
    return list(entries.values())


def _sweep(connection: sqlite3.Connection) -> None:
    """Forgets the oldest records beyond the limit; never one whose rows are not in the store yet."""
    (count,) = connection.execute("SELECT count(*) FROM orders").fetchone()
    if count > RECORDS_LIMIT:
        connection.execute(
            "DELETE FROM orders WHERE order_id IN"
            " (SELECT order_id FROM orders"
            "  WHERE chunk_id < coalesce((SELECT min(id) FROM chunks WHERE lane = ?), 1 << 62)"
            "  ORDER BY chunk_id LIMIT ?)",
            (ORDERS.name, count - RECORDS_LIMIT),
        )
