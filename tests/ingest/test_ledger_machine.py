"""The ledger against a plain reference: whatever a shop does with an order, and however often it repeats it.

The reference keeps, for each line, what was bought and what is left, in units and money; it knows no rows, no
statuses of lines and no entries. Sums of the ledger's rows must be its sums at each step.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import msgpack

from footfall.ingest.changes import OrderChange, pack
from footfall.ingest.ledger import OrderState, decide
from footfall.model import OrderLine, numeric_id
from tests.ingest.make import DAY_MS, NOW_MS
from tests.ingest.test_ledger import change

PRODUCTS = ("A", "B", "C")
quantities = st.integers(1, 5)
prices = st.integers(0, 30)
products = st.sampled_from(PRODUCTS)
_copy = msgpack.Decoder(OrderChange).decode


@dataclass
class Bought:
    """A line in the reference: units and money that wait, that were paid, and that went back."""

    waiting: int = 0
    waiting_money: int = 0
    paid: int = 0
    paid_money: int = 0
    back: int = 0
    back_money: int = 0

    @property
    def left(self) -> int:
        return self.paid - self.back

    @property
    def left_money(self) -> int:
        return self.paid_money - self.back_money

    def take(self, units: int, money: int | None) -> int:
        """Takes units back, and money: as asked for and left, or the units' share; the money taken."""
        if money is None:
            share = self.left_money * units // self.left if units < self.left else self.left_money
        else:
            share = min(money, self.left_money)
        self.back += units
        self.back_money += share
        return share


class Ledger(RuleBasedStateMachine):
    """One order; money in ten-thousandths."""

    def __init__(self) -> None:
        super().__init__()
        self.state = OrderState()
        self.lines: dict[str, Bought] = {}
        self.rows: Counter[str] = Counter()
        self.money: Counter[str] = Counter()
        self.unlinked = Counter[str]()
        self.back: Counter[str] = Counter()
        self.back_money: Counter[str] = Counter()
        self.sent: list[OrderChange] = []
        self.number = 0

    def send(self, status: str, lines: list[dict[str, Any]] | None) -> bool:
        """Plays a change, which no other repeats; whether something of it was refused."""
        self.number += 1
        given = None if lines is None else [OrderLine(**line) for line in lines]
        one = change(status, lines=given, order_timestamp=NOW_MS - DAY_MS + self.number)
        self.sent.append(_copy(pack(one)))
        decision = decide(self.state, one)
        for entry in decision.rows:
            status_, units, amount, unlinked = entry.row[7], entry.row[9], entry.row[12], entry.row[15]
            if unlinked:
                assert units < 0
                self.unlinked[status_] += amount
                continue
            self.rows[status_] += units
            self.money[status_] += amount
        return bool(decision.refused)

    @rule(product=products, quantity=quantities, price=prices)
    def place(self, product: str, quantity: int, price: int) -> None:
        line = {"product_id": product, "quantity": quantity, "unit_price": Decimal(price)}
        assert not self.send("pending", [line])
        held = self.lines.setdefault(product, Bought())
        if not held.paid:
            held.waiting, held.waiting_money = quantity, quantity * price * 10_000

    @precondition(lambda self: any(line.waiting for line in self.lines.values()))
    @rule()
    def pay(self) -> None:
        assert not self.send("completed", None)
        for line in self.lines.values():
            if line.waiting:
                line.paid, line.paid_money = line.waiting, line.waiting_money
                line.waiting = line.waiting_money = 0

    @rule(product=products, quantity=quantities, price=prices)
    def sell(self, product: str, quantity: int, price: int) -> None:
        line = {"product_id": product, "quantity": quantity, "unit_price": Decimal(price)}
        refused = self.send("completed", [line])
        held = self.lines.setdefault(product, Bought())
        wanted = (quantity, quantity * price * 10_000)
        settled = bool(held.back or held.back_money)
        assert refused == (settled and (held.paid, held.paid_money) != wanted)
        if not settled:
            held.paid, held.paid_money = wanted
            held.waiting = held.waiting_money = 0

    @precondition(lambda self: self.lines)
    @rule(product=products, quantity=quantities, price=prices | st.none())
    def refund_some(self, product: str, quantity: int, price: int | None) -> None:
        line: dict[str, Any] = {"product_id": product, "quantity": quantity}
        if price is not None:
            line["unit_price"] = Decimal(price)
        refused = self.send("refunded", [line])
        held = self.lines.get(product, Bought())
        units = min(quantity, held.left)
        asked = None if price is None else price * units * 10_000
        paid = held.take(units, asked) if units else 0
        self.back["refunded"] -= units
        self.back_money["refunded"] -= paid
        assert refused == (units < quantity or (asked is not None and paid < asked))

    @precondition(lambda self: self.lines)
    @rule()
    def refund_the_rest(self) -> None:
        self._all_back("refunded", self.send("refunded", None))

    @precondition(lambda self: self.lines)
    @rule()
    def cancel(self) -> None:
        refused = self.send("cancelled", None)
        waiting = [line for line in self.lines.values() if line.waiting]
        for line in waiting:
            line.waiting = line.waiting_money = 0
        self._all_back("cancelled", refused, nothing_is_fine=bool(waiting))

    def _all_back(self, status: str, refused: bool, *, nothing_is_fine: bool = False) -> None:
        held = [line for line in self.lines.values() if line.left or line.left_money]
        assert refused == (not held and not nothing_is_fine)
        for line in held:
            self.back[status] -= line.left
            self.back_money[status] -= line.take(line.left, line.left_money)

    @precondition(lambda self: not self.lines)
    @rule(
        product=products, quantity=quantities, price=prices, status=st.sampled_from(["refunded", "cancelled"])
    )
    def back_of_an_order_that_is_not_held(self, product: str, quantity: int, price: int, status: str) -> None:
        before = self.unlinked[status]
        line = {"product_id": product, "quantity": quantity, "unit_price": Decimal(price)}
        assert not self.send(status, [line])
        assert self.unlinked[status] == before - quantity * price * 10_000
        assert self.send(status, None)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        """A change that became rows is sent again, at any time later: it is a duplicate."""
        one = _copy(pack(data.draw(st.sampled_from(self.sent))))
        if one.item_id in self.state.entries:
            decision = decide(self.state, one)
            assert decision.duplicate
            assert not decision.rows

    @invariant()
    def sums_are_the_references(self) -> None:
        lines = self.lines.values()
        assert self.rows["pending"] == sum(line.waiting for line in lines)
        assert self.money["pending"] == sum(line.waiting_money for line in lines)
        assert self.rows["completed"] == sum(line.paid for line in lines)
        assert self.money["completed"] == sum(line.paid_money for line in lines)
        for status in ("refunded", "cancelled"):
            assert self.rows[status] == self.back[status]
            assert self.money[status] == self.back_money[status]

    @invariant()
    def no_line_gives_back_more_than_was_paid(self) -> None:
        for product in self.lines:
            line = self.state.lines[product]
            assert line.product_id == numeric_id(product)
            assert (line.left, line.left_amount) == (self.lines[product].left, self.lines[product].left_money)
            assert line.left >= 0
            assert line.left_amount >= 0


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
