"""The ledger's rules: from the state of an order and a change of it to rows of `orders`. Pure functions.

Nothing is updated: a transition is the line with negative quantity and amount in the old status and positive
in the new. What goes back of a completed line (a refund, a cancellation) is one negative row, never more
than is left of it; of an order that we do not hold it is taken as it is said, and marked `unlinked`. A line
that is cancelled while pending has brought no money: its row in `cancelled` is zero.
"""

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from footfall.countries import UNKNOWN
from footfall.ingest.changes import Line, OrderChange
from footfall.ingest.fields import Rejected
from footfall.ingest.lanes import DAY_MS, ORDERS, month_of
from footfall.ingest.outcome import Entry
from footfall.model import MONEY_SCALE, OrderStatus, Reason, derived_uuid, numeric_id

UNLISTED = "unlisted"  # the product of money that no line of an order accounts for


class Holder(Struct, array_like=True, frozen=True):
    """Whose line it is and how it is paid: what its rows say beside product and money."""

    user_id: int
    payment_method: str
    country: str


class LineState(Struct, array_like=True):
    """One line of an order: its price, and the sums of its rows by status (what went back is negative).

    `holder` is what the row says that put the line where it is: rows that take of it say the same.
    """

    product_id: int
    unit_price: int = 0
    discount: int = 0
    pending: int = 0
    pending_amount: int = 0
    completed: int = 0
    completed_amount: int = 0
    back: int = 0
    back_amount: int = 0
    holder: Holder | None = None

    @property
    def left(self) -> int:
        """Units that were bought and have not gone back."""
        return self.completed + self.back

    @property
    def left_amount(self) -> int:
        return self.completed_amount + self.back_amount

    @property
    def has_gone_back(self) -> bool:
        """Whether units or money of it went back: what it was is settled then."""
        return bool(self.back or self.back_amount)


class OrderState(Struct, array_like=True):
    """What we hold of an order, and the entries that made it so: each counts once."""

    user_id: int = 0
    payment_method: str = ""
    country: str = ""
    lines: dict[str, LineState] = {}
    entries: set[bytes] = set()

    @property
    def holder(self) -> Holder:
        """What a row that adds to a line says now."""
        return Holder(self.user_id, self.payment_method, self.country)


@dataclass(slots=True)
class Decision:
    """What a change comes to: rows, and parts that were refused."""

    rows: list[Entry] = field(default_factory=list)
    refused: list[Rejected] = field(default_factory=list)
    duplicate: bool = False


def decide(state: OrderState, change: OrderChange) -> Decision:
    """Applies a change to a state (in place) and returns its rows."""
    if change.item_id in state.entries:
        return Decision(duplicate=True)
    for line in state.lines.values():
        line.holder = line.holder or state.holder  # a record of before lines had holders
    state.user_id = change.user_id or state.user_id
    state.payment_method = change.payment_method or state.payment_method
    state.country = change.country or state.country
    entry = _Entry(state, change)
    if not change.restates or _restated(entry):
        _RULES[change.status](entry)
    if entry.decision.rows:
        state.entries.add(change.item_id)
    elif not entry.decision.refused:
        entry.decision.duplicate = True
    return entry.decision


class _Entry:
    """One change on its way into the ledger."""

    def __init__(self, state: OrderState, change: OrderChange) -> None:
        self.state = state
        self.change = change
        self.decision = Decision()

    def refuse(self, reason: Reason, field_: str, message: str) -> None:
        self.decision.refused.append(Rejected(reason, field_, message))

    def row(
        self,
        status: OrderStatus,
        line_id: str,
        line: LineState,
        quantity: int,
        amount: int,
        *,
        unlinked: bool = False,
    ) -> None:
        """Adds a row; the first row of a change bears the change's own id.

        A row that puts units into a line says who holds it from now on; one that takes of it says who held
        it, so that the two cancel out by user, country and payment method too.
        """
        change = self.change
        if quantity > 0 or line.holder is None:
            line.holder = self.state.holder
        holder = line.holder
        number = len(self.decision.rows)
        key = derived_uuid(b"row", change.item_id + number.to_bytes(4)) if number else change.item_id
        day = change.at // DAY_MS
        values: tuple[Any, ...] = (
            key,
            change.order_id,
            line_id,
            holder.user_id,
            line.product_id,
            change.at,
            day,
            status,
            holder.payment_method,
            quantity,
            line.unit_price,
            line.discount,
            amount,
            change.currency,
            holder.country or UNKNOWN,
            unlinked,
            change.properties,
            change.origin.accepted_at,
        )
        self.decision.rows.append(Entry(ORDERS.name, key, b"", values, month_of(day)))

    def undo_pending(self, line_id: str, line: LineState, units: int | None = None) -> None:
        """Takes units of a line, or all, out of `pending`."""
        units = line.pending if units is None else min(units, line.pending)
        amount = line.pending_amount * units // line.pending
        self.row("pending", line_id, line, -units, -amount)
        line.pending -= units
        line.pending_amount -= amount


def _pending(entry: _Entry) -> None:
    lines = entry.change.lines
    if not lines:
        entry.refuse(Reason.NO_LINES, "lines", "a new order names its lines")
    for given in lines:
        line_id, line = _placed(entry, given)
        quantity, amount = _worth(given)
        if line.completed or (line.pending, line.pending_amount) == (quantity, amount):
            continue  # it is there already, or further on than this says
        if line.pending:
            entry.undo_pending(line_id, line)
        _set_price(line, given)
        entry.row("pending", line_id, line, quantity, amount)
        line.pending, line.pending_amount = quantity, amount


def _completed(entry: _Entry) -> None:
    state, change = entry.state, entry.change
    lines = change.lines or [
        Line(line_id, line.product_id, "", line.pending, line.unit_price, line.discount)
        for line_id, line in state.lines.items()
        if line.pending
    ]
    if not lines and not any(line.completed for line in state.lines.values()):
        known = "nothing of the order is pending" if state.lines else "the order is not known"
        entry.refuse(Reason.NO_LINES, "lines", f"{known}, and no lines are named")
    for given in lines:
        line_id, line = _placed(entry, given)
        quantity, amount = _worth(given)
        if (line.completed, line.completed_amount) == (quantity, amount):
            continue
        if line.has_gone_back:
            entry.refuse(
                Reason.INVALID_VALUE,
                "lines",
                f"line {line_id} has gone back in part and cannot change any more",
            )
            continue
        if line.pending:
            entry.undo_pending(line_id, line)
        if line.completed:
            entry.row("completed", line_id, line, -line.completed, -line.completed_amount)
        _set_price(line, given)
        entry.row("completed", line_id, line, quantity, amount)
        line.completed, line.completed_amount = quantity, amount


def _restated(entry: _Entry) -> bool:
    """The change's lines are all that the order holds: the others end, and what is left to do are the named.

    An order that is completed stays so. Where a line would have to change of which something has gone back,
    the change is refused as a whole: half of it would count what is there beside what replaces it.
    """
    state, change = entry.state, entry.change
    if any(line.completed for line in state.lines.values()):
        change.status = "completed"
    named = {given.line_id: _worth(given) for given in change.lines}
    settled = {line_id: line for line_id, line in state.lines.items() if line.has_gone_back}
    for line_id, line in settled.items():
        as_it_is = {(line.completed, line.completed_amount), (line.left, line.left_amount)}
        if named.get(line_id, (0, 0)) not in as_it_is:
            told = f"line {line_id} has gone back in part and cannot change any more"
            entry.refuse(Reason.INVALID_VALUE, "lines", told)
            return False
    for line_id, line in state.lines.items():
        if line_id in named or line_id in settled:
            continue
        if line.pending:
            entry.undo_pending(line_id, line)
        if line.completed:
            entry.row("completed", line_id, line, -line.completed, -line.completed_amount)
            line.completed = line.completed_amount = 0
    change.lines = [given for given in change.lines if given.line_id not in settled]
    return bool(change.lines)


def _back(entry: _Entry) -> None:
    state, change = entry.state, entry.change
    if not state.lines:
        _unlinked(entry)
        return
    left = sum(line.left_amount for line in state.lines.values())
    if not change.lines and change.at_most is not None and change.at_most < left:
        _money_back(entry, change.at_most, left)
        return
    given: list[Line | None] = list(change.lines) or [None]
    for line in given:
        candidates = _candidates(state, line)
        if change.status == "cancelled":
            waiting = [(line_id, found) for line_id, found in candidates if found.pending]
            for line_id, found in waiting:
                entry.undo_pending(line_id, found, None if line is None else line.quantity)
                entry.row("cancelled", line_id, found, 0, 0)
            if waiting and not any(found.left for _, found in candidates):
                continue
        _take_back(entry, line, candidates)


def _money_back(entry: _Entry, amount: int, left: int) -> None:
    """Gives money back and takes no units: of each line its share of what is left."""
    lines = [(line_id, line) for line_id, line in entry.state.lines.items() if line.left_amount]
    for number, (line_id, line) in enumerate(lines):
        share = amount if number == len(lines) - 1 else amount * line.left_amount // left
        amount, left = amount - share, left - line.left_amount
        if share:
            entry.row(entry.change.status, line_id, line, 0, -share)
            line.back_amount -= share


def _take_back(entry: _Entry, given: Line | None, candidates: list[tuple[str, LineState]]) -> None:
    """Takes back what was asked for, units and money, as far as it is left; what is not left is refused."""
    wanted = None if given is None else given.quantity
    taken = paid = asked_money = 0
    discount = 0 if given is None else given.discount
    for line_id, line in candidates:
        units = line.left if wanted is None else min(line.left, wanted - taken)
        if units <= 0 and not (wanted is None and line.left_amount):
            continue
        if given is None or given.unit_price is None or given.share:
            amount = _share(line, units)
        else:
            asked = max(0, given.unit_price * units - discount)
            discount = max(0, discount - given.unit_price * units)
            amount = min(asked, line.left_amount)
            asked_money += asked
            paid += amount
        entry.row(entry.change.status, line_id, line, -units, -amount)
        line.back -= units
        line.back_amount -= amount
        taken += units
        if wanted is not None and taken == wanted:
            break
    name = "the order" if given is None else f"line {given.line_id}"
    if asked_money > paid:
        told = f"{name}: {_spelled(asked_money)} was to go back, {_spelled(paid)} was left"
        entry.refuse(Reason.NOTHING_LEFT, "lines", told)
    if wanted is not None and taken < wanted:
        told = f"{name}: {wanted} were to go back, {taken} were left"
        entry.refuse(Reason.NOTHING_LEFT, "lines", told)
    elif wanted is None and not taken and not entry.decision.rows:
        entry.refuse(Reason.NOTHING_LEFT, "lines", f"{name}: 0 were left")


def _spelled(amount: int) -> str:
    """A sum of money as people write it."""
    return f"{amount / MONEY_SCALE:.2f}" if amount % 100 == 0 else f"{amount / MONEY_SCALE:.4f}"


def _share(line: LineState, units: int) -> int:
    """The money that goes back with `units` of a line where nobody says: their share of what was paid."""
    if units == line.left:
        return line.left_amount
    return line.left_amount * units // line.left


def _candidates(state: OrderState, given: Line | None) -> list[tuple[str, LineState]]:
    """Lines of an order that a change may mean: the one it names, or all of its product, or all."""
    if given is None:
        return list(state.lines.items())
    exact = state.lines.get(given.line_id)
    if exact is not None and given.line_id != given.product:
        return [(given.line_id, exact)]
    return [(line_id, line) for line_id, line in state.lines.items() if line.product_id == given.product_id]


def _unlinked(entry: _Entry) -> None:
    """What goes back of an order that we do not hold."""
    lines = entry.change.lines
    if not lines and entry.change.at_most:
        product = numeric_id(UNLISTED)
        lines = [Line(UNLISTED, product, UNLISTED, 1, entry.change.at_most, 0)]
    if not lines:
        entry.refuse(Reason.NO_LINES, "lines", "the order is not known, and no lines are named")
    for given in lines:
        if given.share and given.quantity is None:
            given.quantity = 1
        if given.quantity is None or given.unit_price is None or not given.product:
            entry.refuse(
                Reason.MISSING_FIELD,
                "lines",
                "the order is not known: its lines need product_id, quantity and unit_price",
            )
            continue
        line = LineState(given.product_id, given.unit_price, given.discount)
        amount = max(0, given.unit_price * given.quantity - given.discount)
        entry.row(entry.change.status, given.line_id, line, -given.quantity, -amount, unlinked=True)


def _adjusted(entry: _Entry) -> None:
    for given in entry.change.lines:
        line = LineState(given.product_id, given.unit_price or 0, given.discount)
        entry.row("adjusted", given.line_id, line, given.quantity or 0, 0)


def _placed(entry: _Entry, given: Line) -> tuple[str, LineState]:
    """The line's name and state; a new line where there is none.

    A change with an idempotency key of its own never repeats a line: where the line is there already, as
    far on as the change says, it is about another one of the same name.
    """
    lines, line_id, number = entry.state.lines, given.line_id, 1
    while entry.change.adds and line_id in lines:
        line = lines[line_id]
        if not (line.completed or (line.pending and entry.change.status == "pending")):
            break
        number += 1
        line_id = f"{given.line_id}#{number}"
    if line_id not in lines:
        lines[line_id] = LineState(given.product_id)
    return line_id, lines[line_id]


def _worth(given: Line) -> tuple[int, int]:
    quantity = given.quantity or 0
    return quantity, (given.unit_price or 0) * quantity - given.discount


def _set_price(line: LineState, given: Line) -> None:
    line.product_id = given.product_id
    line.unit_price = given.unit_price or 0
    line.discount = given.discount


_RULES = {
    "pending": _pending,
    "completed": _completed,
    "cancelled": _back,
    "refunded": _back,
    "adjusted": _adjusted,
}
