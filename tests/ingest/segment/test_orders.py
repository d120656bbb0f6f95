"""Orders as SDKs tell of them, played through the ledger: what is booked, and what holds whatever is said."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.ingest.ledger import OrderState, decide
from tests.ingest.segment.make import Came, products, track

CUP = ("cup", 10.0, 3)
POT = ("pot", 20.0, 1)
Row = tuple[str, str, int, float]


def play(*messages: dict[str, Any]) -> tuple[list[list[Row]], list[str]]:
    """(line, status, quantity, money) of the rows of each message, and what was refused."""
    state = OrderState()
    booked: list[list[Row]] = []
    refused: list[str] = []
    for order in Came(*messages).orders:
        decision = decide(state, order)
        rows = [entry.row for entry in decision.rows]
        booked.append([(row[2], row[7], row[9], row[12] / 10_000) for row in rows])
        refused += [one.message for one in decision.refused]
    return booked, refused


def completed(*bought: tuple[str, float, int], **said: Any) -> dict[str, Any]:
    return track("Order Completed", {"order_id": "o", "products": products(*bought)} | said)


def back(name: str = "Order Refunded", **said: Any) -> dict[str, Any]:
    return track(name, {"order_id": "o"} | said)


def test_what_goes_back_is_its_share_of_what_was_paid() -> None:
    bought = completed(CUP, POT, revenue=45)  # 5 off 50
    booked, refused = play(bought, back(products=products(("cup", 10.0, 1))), back())
    assert booked == [
        [("cup", "completed", 3, 27.0), ("pot", "completed", 1, 18.0)],
        [("cup", "refunded", -1, -9.0)],
        [("cup", "refunded", -2, -18.0), ("pot", "refunded", -1, -18.0)],
    ]
    assert refused == []


def test_an_amount_without_products_gives_money_back_and_no_units() -> None:
    booked, refused = play(completed(CUP, POT), back(total=5), back(value=-5), back(total=1_000))
    assert booked[1:] == [
        [("cup", "refunded", 0, -3.0), ("pot", "refunded", 0, -2.0)],
        [("cup", "refunded", 0, -3.0), ("pot", "refunded", 0, -2.0)],
        [("cup", "refunded", -3, -24.0), ("pot", "refunded", -1, -16.0)],
    ]
    assert refused == []


def test_what_names_more_than_is_left_takes_what_is_left() -> None:
    booked, refused = play(completed(CUP), back(products=products(("cup", 10.0, 5))), back(total=4), back())
    assert booked[1:] == [[("cup", "refunded", -3, -30.0)], [], []]
    assert [message[:18] for message in refused] == [
        "line cup: 5 were t",
        "the order: 0 were ",
        "the order: 0 were ",
    ]


def test_a_cancelled_order_brings_nothing() -> None:
    everything = products(CUP, POT)
    booked, _ = play(completed(CUP, POT), back("Order Cancelled", products=everything, total=50))
    assert booked[1] == [("cup", "cancelled", -3, -30.0), ("pot", "cancelled", -1, -20.0)]
    placed, _ = play(
        track("Order Updated", {"order_id": "o", "products": everything}), back("Order Cancelled")
    )
    assert placed[1] == [
        *(("cup", "pending", -3, -30.0), ("cup", "cancelled", 0, 0.0)),
        *(("pot", "pending", -1, -20.0), ("pot", "cancelled", 0, 0.0)),
    ]


def test_an_update_places_an_order_and_corrects_one_that_is_completed() -> None:
    def updated(*lines: tuple[str, float, int]) -> dict[str, Any]:
        return track("Order Updated", {"order_id": "o", "products": products(*lines)})

    booked, refused = play(updated(CUP, POT), updated(CUP), completed(CUP), updated(POT), updated(POT))
    assert booked == [
        [("cup", "pending", 3, 30.0), ("pot", "pending", 1, 20.0)],
        [("pot", "pending", -1, -20.0)],
        [("cup", "pending", -3, -30.0), ("cup", "completed", 3, 30.0)],
        [("cup", "completed", -3, -30.0), ("pot", "completed", 1, 20.0)],
        [],
    ]
    assert refused == []


def test_a_line_of_which_something_went_back_is_settled() -> None:
    def updated(*lines: tuple[str, float, int]) -> dict[str, Any]:
        return track("Order Updated", {"order_id": "o", "products": products(*lines)})

    for gone in (back(total=5), back(products=products(("cup", 10.0, 1)))):
        booked, refused = play(completed(CUP, POT), gone, updated(POT), completed(CUP, POT, revenue=20))
        assert booked[2:] == [[], []], "half of the change would count what it replaces, too"
        assert refused == ["line cup has gone back in part and cannot change any more"] * 2
    gone = back(products=products(("cup", 10.0, 1)))
    booked, refused = play(
        completed(CUP, POT), gone, completed(CUP), updated(("cup", 10.0, 2), ("lid", 1.0, 1))
    )
    assert booked[2:] == [
        [("pot", "completed", -1, -20.0)],
        [("lid", "completed", 1, 1.0)],
    ], "what is left of a line may be said"
    booked, refused = play(completed(CUP, POT), back(products=products(CUP)), updated(POT))
    assert (booked[2], refused) == ([], []), "what is gone need not be said"


def test_two_senders_of_one_order_count_it_once() -> None:
    """The page tells of the products, the server of the sum alone; or both, each by ids of its own."""
    booked, refused = play(completed(CUP, POT), completed(revenue=50), completed(("sku-1", 25.0, 2)))
    assert sum(row[3] for rows in booked for row in rows) == 50
    assert booked[2] == [("unlisted", "completed", -1, -50.0), ("sku-1", "completed", 2, 50.0)]
    assert refused == []


def test_an_order_completed_twice_counts_once_and_the_last_word_holds() -> None:
    booked, _ = play(completed(CUP), completed(CUP), completed(CUP, revenue=29))
    assert booked[1] == []
    assert booked[2] == [("cup", "completed", -3, -30.0), ("cup", "completed", 3, 29.0)]


def test_what_goes_back_of_an_order_that_is_not_held_is_unlinked() -> None:
    booked, refused = play(back(products=[{"product_id": "cup", "price": 10}]))
    assert (booked, refused) == ([[("cup", "refunded", -1, -10.0)]], [])
    booked, refused = play(back(total=12.5))
    assert (booked, refused) == ([[("unlisted", "refunded", -1, -12.5)]], [])
    booked, refused = play(back())
    assert booked == [[]]
    assert refused == ["the order is not known, and no lines are named"]


lines_of = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(0, 10_000).map(lambda cents: cents / 100), st.integers(1, 5)
    ),
    max_size=4,
)
named = st.fixed_dictionaries(
    {}, optional={"products": lines_of.map(lambda given: products(*given)), "total": st.floats(0, 500)}
)
anything = st.builds(
    lambda name, said: track(name, {"order_id": "o"} | said),
    st.sampled_from(["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"]),
    named,
)


@settings(deadline=None)
@given(st.lists(anything, min_size=1, max_size=8), st.data())
def test_whatever_is_told_no_more_goes_back_than_was_paid_and_a_retry_adds_nothing(
    messages: list[dict[str, Any]], data: st.DataObject
) -> None:
    sent = [*messages]
    for number, message in enumerate(messages):
        if data.draw(st.booleans()):
            sent.insert(data.draw(st.integers(number + 1, len(sent))), message)
    state = OrderState()
    taken: set[bytes] = set()  # as the inbox remembers them
    rows: list[tuple[Any, ...]] = []
    for order in Came(*sent).orders:
        if order.item_id in taken:
            continue
        decision = decide(state, order)
        rows += [entry.row for entry in decision.rows]
        if decision.rows or not decision.refused:  # what was refused may be right later
            taken.add(order.item_id)
    assert len({row[0] for row in rows}) == len(rows)
    held = [row for row in rows if not row[15] and row[7] != "pending"]
    for line in {row[2] for row in held}:
        assert sum(row[9] for row in held if row[2] == line) >= 0
        assert sum(row[12] for row in held if row[2] == line) >= 0
    pending = [row for row in rows if row[7] == "pending"]
    for line in {row[2] for row in pending}:
        assert sum(row[12] for row in pending if row[2] == line) == state.lines[line].pending_amount


stated = st.builds(
    lambda name, said: track(name, {"order_id": "o"} | said),
    st.sampled_from(["Order Completed", "Order Updated"]),
    named,
)


@settings(deadline=None)
@given(st.lists(stated, min_size=1, max_size=6))
def test_an_order_is_worth_what_was_said_of_it_last(messages: list[dict[str, Any]]) -> None:
    orders = Came(*messages).orders
    worth = [
        sum((line.unit_price or 0) * (line.quantity or 0) - line.discount for line in order.lines)
        for order in orders
    ]
    state = OrderState()
    for order, said in zip(orders, worth, strict=True):
        decide(state, order)
        lines = state.lines.values()
        assert sum(line.completed_amount + line.pending_amount for line in lines) == said
        assert not (any(line.completed for line in lines) and any(line.pending for line in lines))
