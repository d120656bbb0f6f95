"""Money of orders: what a message says it is, and lines that add up to it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.ingest.fields import Rejected
from footfall.ingest.segment.goods import Line, bought, line, money, spread, total
from footfall.model import OrderLine

TWO = [Line("monopoly", 1, 19_0000), Line("uno", 2, 3_0000)]  # the spec's own example: 25.00


def amounts(lines: list[OrderLine]) -> list[Decimal]:
    return [
        (one.quantity or 0) * (one.unit_price or Decimal(0)) - (one.discount or Decimal(0)) for one in lines
    ]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        # Segment's example: 25.00 of goods, 2.50 off, 3.00 shipping and 2.00 tax are 27.50 to pay.
        ({"total": 27.5, "subtotal": 22.5, "revenue": 25.0, "shipping": 3, "tax": 2, "discount": 2.5}, 22.5),
        ({"total": 27.5, "revenue": 25.0, "shipping": 3, "tax": 2, "discount": 2.5}, 22.5),
        ({"total": 30, "revenue": 25.0, "shipping": 3, "tax": 2}, 25),
        ({"total": 30, "revenue": 25.0}, 25),
        ({"revenue": "24.00", "discount": 1}, 24),
        ({"value": 24}, 24),  # GA4
        ({"total": 30}, 25),  # who knows what of it is shipping
        ({"total": 20}, 20),
        ({"discount": 2.5}, 22.5),
        ({}, 25),
        ({"revenue": 0}, 0),
        ({"revenue": 24, "discount": -1}, 24),
    ],
)
def test_an_order_s_money_is_what_was_received_for_its_goods(
    properties: dict[str, Any], expected: float
) -> None:
    assert total(properties, TWO) == round(expected * 10_000)


def test_what_goes_back_may_be_written_as_negative_and_what_is_bought_may_not() -> None:
    assert total({"revenue": -25}, TWO, back=True) == 25_0000
    with pytest.raises(Rejected, match="must not be negative"):
        total({"revenue": -25}, TWO)


def test_without_products_it_is_what_is_said() -> None:
    assert total({"total": 30}, []) == 30_0000
    assert total({"revenue": 12}, []) == 12_0000
    assert total({}, []) is None


def test_a_discount_is_spread_and_what_is_unlisted_is_a_line_of_its_own() -> None:
    assert [(one.product_id, one.quantity, one.discount) for one in bought(TWO, 22_5000)] == [
        ("monopoly", 1, Decimal("1.9")),
        ("uno", 2, Decimal("0.6")),
    ]
    assert [(one.product_id, one.unit_price) for one in bought(TWO, 26_0000)] == [
        ("monopoly", Decimal(19)),
        ("uno", Decimal(3)),
        ("unlisted", Decimal(1)),
    ]
    assert [(one.product_id, one.unit_price) for one in bought([], 7_0000)] == [("unlisted", Decimal(7))]


def test_cents_stay_cents() -> None:
    thirds = [Line(name, 1, 10_0000) for name in "abc"]
    assert amounts(bought(thirds, 29_9900)) == [Decimal("9.99"), 10, 10]


prices = st.none() | st.integers(0, 10**9) | st.integers(0, 10**5).map(lambda cents: cents * 100)
lines_of = st.lists(st.builds(Line, st.just("p"), st.none() | st.integers(1, 1_000), prices), max_size=8)


@settings(deadline=None)
@given(lines_of, st.integers(0, 10**12))
def test_lines_add_up_to_the_money_whatever_the_prices(lines: list[Line], amount: int) -> None:
    made = bought(lines, amount)
    assert sum(amounts(made)) == Decimal(amount) / 10_000
    assert min(amounts(made)) >= 0
    assert [one.quantity for one in made[: len(lines)]] == [one.quantity or 1 for one in lines]
    if amount % 100 == 0 and all((one.price or 0) % 100 == 0 for one in lines):
        assert all(one == one.quantize(Decimal("0.01")) for one in amounts(made))


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**12), min_size=1), st.data())
def test_parts_add_up_and_none_is_above_its_weight(weights: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    parts = spread(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (19.99, 199900),
        (0.1 + 0.2, 3000),
        (19.99 * 3, 599700),
        ("19.99", 199900),
        (19.99 / 1.19, 167983),
        (10**20, None),
        ("$5", None),
        ("", 0),
        (True, None),
        ([1], None),
        ("NaN", None),
        (float("inf"), None),
        (1e300, None),
    ],
)
def test_floating_point_is_read_to_four_places(value: Any, expected: int | None) -> None:
    if expected is None:
        with pytest.raises(Rejected, match="below 10"):
            money("properties.total", value)
    else:
        assert (money("properties.total", value) or 0) == expected


@pytest.mark.parametrize(
    ("product", "field"),
    [
        ({"product_id": "a", "price": -1}, "x.price"),
        ({"product_id": "a", "price": "ten"}, "x.price"),
        ({"product_id": "a", "quantity": 0}, "x.quantity"),
        ({"product_id": "a", "quantity": 1.5}, "x.quantity"),
        ({"product_id": "a", "quantity": "some"}, "x.quantity"),
        ({"product_id": ["a"]}, "x.product_id"),
    ],
)
def test_a_product_that_cannot_be_read_names_its_field(product: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as refused:
        line(product, "x")
    assert refused.value.field == field


def test_ids_are_found_wherever_a_shop_puts_them() -> None:
    for product in ({"product_id": "a", "sku": "s"}, {"sku": "a"}, {"item_id": "a"}, {"item_name": "a"}):
        assert line(product, "x") == Line("a", None, None)
    assert line({"price": "2.50", "quantity": "2"}, "x") == Line("unlisted", 2, 2_5000)
