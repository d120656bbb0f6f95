"""The ledger: transitions, refunds and cancellations by hand, and what holds whatever a shop sends."""

import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack

from footfall.ingest.changes import OrderChange
from footfall.ingest.changes import order as change_of
from footfall.ingest.ledger import OrderState, decide
from footfall.ingest.orders import add_row
from footfall.ingest.outcome import Entry
from footfall.model import Order, OrderLine, numeric_id
from tests.ingest.make import RULES, sender

A, B = numeric_id("A"), numeric_id("B")
BOUGHT = [
    OrderLine(product_id="A", quantity=3, unit_price=Decimal(10)),
    OrderLine(product_id="B", quantity=1, unit_price=Decimal(5), discount=Decimal(1)),
]
_decode = msgpack.Decoder(OrderChange).decode


def change(status: Any, **values: Any) -> OrderChange:
    (entry,) = change_of(Order(order_id="o", status=status, **values), b"{}", 0, sender(), RULES)
    return _decode(entry.row)


def brief(rows: list[Entry]) -> list[tuple[str, str, int, float, bool]]:
    """(line, status, quantity, money, unlinked) of rows."""
    return [(r.row[2], r.row[7], r.row[9], r.row[12] / 10_000, r.row[15]) for r in rows]


def play(*changes: OrderChange) -> tuple[list[list[tuple[str, str, int, float, bool]]], list[str]]:
    """Rows of each change, and what was refused."""
    state = OrderState()
    decisions = [decide(state, one) for one in changes]
    return [brief(d.rows) for d in decisions], [r.message for d in decisions for r in d.refused]


def test_a_transition_is_the_line_out_of_the_old_status_and_into_the_new() -> None:
    (pending, completed, again), refused = play(
        change("pending", lines=BOUGHT), change("completed"), change("completed", lines=BOUGHT)
    )
    assert pending == [("A", "pending", 3, 30, False), ("B", "pending", 1, 4, False)]
    assert completed == [
        *(("A", "pending", -3, -30, False), ("A", "completed", 3, 30, False)),
        *(("B", "pending", -1, -4, False), ("B", "completed", 1, 4, False)),
    ]
    assert again == []
    assert refused == []


def test_a_refund_takes_back_what_was_bought_and_never_more() -> None:
    back = [OrderLine(product_id="A", quantity=2)]
    too_many = [OrderLine(product_id="A", quantity=5)]
    rows, refused = play(
        change("completed", lines=BOUGHT), change("refunded", lines=back), change("refunded", lines=too_many)
    )
    assert rows[1] == [("A", "refunded", -2, -20, False)]
    assert rows[2] == [("A", "refunded", -1, -10, False)]
    assert refused == ["line A: 5 were to go back, 1 were left"]


def test_a_refund_of_more_money_than_is_left_takes_that_and_refuses_the_rest() -> None:
    dear = [OrderLine(product_id="A", quantity=1, unit_price=Decimal(500))]
    rows, refused = play(
        change("completed", lines=BOUGHT[:1]),
        change("refunded", lines=dear),
        change("refunded", lines=[OrderLine(product_id="A", unit_price=Decimal("0.0001"))]),
        change("refunded"),
    )
    assert rows[1] == [("A", "refunded", -1, -30, False)]
    assert rows[2] == [("A", "refunded", -2, 0, False)]
    assert rows[3] == []
    assert refused == [
        "line A: 500.00 was to go back, 30.00 was left",
        "line A: 0.0002 was to go back, 0.00 was left",
        "the order: 0 were left",
    ]


def test_a_discount_counts_once_over_several_lines_of_a_product() -> None:
    back = OrderLine(product_id="A", quantity=6, unit_price=Decimal(10), discount=Decimal(40))
    rows, refused = play(change("completed", lines=[BOUGHT[0]] * 2), change("refunded", lines=[back]))
    assert rows[1] == [("A", "refunded", -3, 0, False), ("A#2", "refunded", -3, -20, False)]
    assert refused == []


def test_a_row_that_takes_away_says_what_the_row_said_that_put_there() -> None:
    ann: dict[str, Any] = {"user_id": "1", "country": "DE", "payment_method": "card"}
    ben: dict[str, Any] = {"user_id": "2", "country": "FR", "payment_method": "cash"}
    state, rebuilt = OrderState(), OrderState()
    rows: list[tuple[Any, ...]] = []
    more = [OrderLine(product_id="A", quantity=1, unit_price=Decimal(7))]
    for one in (
        change("pending", lines=BOUGHT[:1]),
        change("pending", lines=more, **ann),
        change("completed", **ben),
        change("completed", lines=BOUGHT[:1], **ann),
        change("refunded", **ben),
    ):
        for entry in decide(state, one).rows:
            rows.append(entry.row)
            add_row(rebuilt, _as_stored(entry))
    said = [(r[7], r[9], r[3], r[8], r[14]) for r in rows]
    assert said == [
        *(("pending", 3, 0, "", "ZZ"), ("pending", -3, 0, "", "ZZ"), ("pending", 1, 1, "card", "DE")),
        *(("pending", -1, 1, "card", "DE"), ("completed", 1, 2, "cash", "FR")),
        *(("completed", -1, 2, "cash", "FR"), ("completed", 3, 1, "card", "DE")),
        ("refunded", -3, 1, "card", "DE"),
    ]
    assert rebuilt.lines["A"].holder == state.lines["A"].holder


def test_a_refund_that_names_no_lines_takes_back_what_is_left() -> None:
    rows, refused = play(
        change("completed", lines=BOUGHT),
        change("refunded", lines=[OrderLine(product_id="A", quantity=1, unit_price=Decimal(4))]),
        change("refunded"),
        change("cancelled"),
    )
    assert rows[1] == [("A", "refunded", -1, -4, False)]
    assert rows[2] == [("A", "refunded", -2, -26, False), ("B", "refunded", -1, -4, False)]
    assert rows[3] == []
    assert refused == ["the order: 0 were left"]


def test_cancelling_brings_money_back_only_where_there_was_some() -> None:
    (_, cancelled), _ = play(change("pending", lines=BOUGHT[:1]), change("cancelled"))
    assert cancelled == [("A", "pending", -3, -30, False), ("A", "cancelled", 0, 0, False)]
    (_, cancelled), _ = play(change("completed", lines=BOUGHT[:1]), change("cancelled"))
    assert cancelled == [("A", "cancelled", -3, -30, False)]


def test_what_goes_back_of_an_order_that_we_do_not_hold_is_marked() -> None:
    rows, refused = play(
        change("refunded", product_id="A", quantity=-2, unit_price=Decimal(7)),
        change("cancelled", product_id="B", quantity=1, unit_price=Decimal(1)),
        change("refunded"),
        change("refunded", product_id="C", quantity=1),
    )
    assert rows[0] == [("A", "refunded", -2, -14, True)]
    assert rows[1] == [("B", "cancelled", -1, -1, True)]
    assert rows[2] == rows[3] == []
    assert len(refused) == 2


def test_a_correction_of_a_completed_line_takes_its_place() -> None:
    more = [OrderLine(product_id="A", quantity=4, unit_price=Decimal(10))]
    rows, _ = play(change("completed", lines=BOUGHT[:1]), change("completed", lines=more))
    assert rows[1] == [("A", "completed", -3, -30, False), ("A", "completed", 4, 40, False)]


def test_two_lines_of_one_product_are_two_and_a_key_of_the_senders_own_adds_lines() -> None:
    twice = [BOUGHT[0], BOUGHT[0]]
    (rows,), _ = play(change("completed", lines=twice))
    assert [row[0] for row in rows] == ["A", "A#2"]
    flat: dict[str, Any] = {"product_id": "A", "quantity": 1, "unit_price": Decimal(2)}
    one, two = change("completed", entry_id="1", **flat), change("completed", entry_id="2", **flat)
    rows_of, _ = play(one, two, one)
    assert rows_of == [[("A", "completed", 1, 2, False)], [("A#2", "completed", 1, 2, False)], []]


def test_an_adjustment_is_no_money() -> None:
    rows, _ = play(change("adjusted", product_id="A", quantity=-10, unit_price=Decimal(3)))
    assert rows == [[("A", "adjusted", -10, 0, False)]]


lines = st.builds(
    OrderLine,
    product_id=st.sampled_from(["A", "B"]),
    quantity=st.integers(1, 4),
    unit_price=st.decimals(0, 20, places=2),
)
changes = st.lists(
    st.builds(
        lambda status, given, at, user: change(status, lines=given, order_timestamp=at, user_id=user),
        st.sampled_from(["pending", "completed", "cancelled", "refunded"]),
        st.lists(lines, max_size=2) | st.none(),
        st.integers(0, 3).map(lambda n: sender().now_ms - n),
        st.integers(1, 2) | st.none(),
    ),
    max_size=8,
)


@given(changes)
@settings(max_examples=200, deadline=None)
def test_money_that_goes_back_was_paid_and_a_change_counts_once(given_changes: list[OrderChange]) -> None:
    state, rebuilt = OrderState(), OrderState()
    left: Counter[tuple[str, str, int]] = Counter()
    for one in given_changes:
        held = bool(state.lines)
        rows = decide(state, one).rows
        if rows:
            assert decide(state, one).duplicate
        for entry in rows:
            status, unlinked = entry.row[7], entry.row[15]
            assert unlinked == (status in {"cancelled", "refunded"} and not held)
            add_row(rebuilt, _as_stored(entry))
            if status in {"pending", "completed"}:
                left[(entry.row[2], status, entry.row[3])] += entry.row[9]
    assert min(left.values(), default=0) >= 0  # by user too
    for line in state.lines.values():
        assert line.pending >= 0
        assert line.completed >= 0
        assert line.left >= 0
        assert line.left_amount >= 0
    # What the rows add up to is what the state says: so the state can be read back from the store.
    for line_id, line in rebuilt.lines.items():
        kept = state.lines[line_id]
        for name in ("pending", "pending_amount", "completed", "completed_amount", "back", "back_amount"):
            assert getattr(line, name) == getattr(kept, name)
        assert line.holder == kept.holder
    assert rebuilt.entries >= state.entries


def _as_stored(entry: Entry) -> tuple[Any, ...]:
    """A row as the store gives it back, without its order_id."""
    row = entry.row
    money = [Decimal(value) / 10_000 for value in (row[10], row[11], row[12])]
    return (
        *(row[2], row[4], row[7], row[9], *money, row[3], row[8], row[14], row[15]),
        uuid.UUID(bytes=row[0]),
    )
