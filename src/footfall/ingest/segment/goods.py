"""Goods: the money of an order, and the lines that it is made of. Pure functions, exact to 1/10,000.

An order's money is what was received for its goods: after discounts and coupons, without shipping and tax.
Its lines add up to it and its purchase event's revenue is it, so the two agree to the last digit. Where the
products at their prices come to more, the difference is a discount, spread over the lines; where they come
to less, the rest is a line of the product `unlisted`.

SDKs send money as floating-point numbers: it is rounded to four decimal places here, and here alone.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from footfall.ingest.fields import Rejected
from footfall.ingest.ledger import UNLISTED
from footfall.ingest.segment.columns import PRODUCT, found
from footfall.model import MONEY_PLACES, MONEY_SCALE, OrderLine, Reason

_PLACE: Final = Decimal(1).scaleb(-MONEY_PLACES)
LIMIT: Final = 10**14 * MONEY_SCALE
_CENT: Final = MONEY_SCALE // 100


class Line(NamedTuple):
    """One product of an order; `price` None: not said. Money in ten-thousandths."""

    product: str | int
    quantity: int | None
    price: int | None

    @property
    def amount(self) -> int:
        return (self.price or 0) * (1 if self.quantity is None else self.quantity)


def money(field: str, value: Any) -> int | None:
    """A sum of money in ten-thousandths, from a number or its text; None where there is none."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        exact = Decimal(value if isinstance(value, str) else repr(value))
        found = int(exact.quantize(_PLACE, ROUND_HALF_EVEN).scaleb(MONEY_PLACES))
        if abs(found) >= LIMIT:
            raise ValueError
    except (ValueError, InvalidOperation, OverflowError):
        told = f"{field} must be a number below 10^14, without a currency's sign"
        raise Rejected(Reason.INVALID_MONEY, field, told) from None
    return found


def as_decimal(amount: int) -> Decimal:
    """Ten-thousandths as an item of our own holds them."""
    return Decimal(amount).scaleb(-MONEY_PLACES)


def line(product: Mapping[str, Any], field: str) -> Line:
    """A product of an order; raises `Rejected` where its price or quantity cannot be read."""
    name = found(product, PRODUCT["product_id"])
    if name is not None and (isinstance(name, bool) or not isinstance(name, str | int)):
        raise Rejected(Reason.INVALID_TYPE, f"{field}.product_id", f"{field}.product_id must be a text")
    price = money(f"{field}.price", found(product, PRODUCT["price"]))
    if price is not None and price < 0:
        raise Rejected(Reason.INVALID_MONEY, f"{field}.price", f"{field}.price must not be negative")
    return Line(UNLISTED if name is None else name, _quantity(product, field), price)


def _quantity(product: Mapping[str, Any], field: str) -> int | None:
    value = found(product, PRODUCT["quantity"])
    if value is None:
        return None
    try:
        if isinstance(value, bool) or int(float(value)) != float(value) or int(float(value)) < 1:
            raise ValueError
        return int(float(value))
    except (ValueError, TypeError, OverflowError):
        told = f"{field}.quantity must be a whole number from 1 on"
        raise Rejected(Reason.INVALID_VALUE, f"{field}.quantity", told) from None


def total(properties: Mapping[str, Any], lines: Sequence[Line], *, back: bool = False) -> int | None:
    """The money of an order by what is said of it, the plainest first; None where nothing is.

    `subtotal`; `total` less `shipping` and `tax` where all three are named; `revenue`; `value`; what the
    lines come to, but not more than a `total` of which nobody says what is shipping; the lines less the
    `discount`. What goes `back` is written as negative or as positive: here it is positive.
    """
    named = {
        name: money(f"properties.{name}", properties.get(name))
        for name in ("subtotal", "total", "shipping", "tax", "revenue", "value", "discount")
    }
    sums = {name: abs(amount) for name, amount in named.items() if amount is not None}
    for name, amount in named.items():
        if amount is not None and amount < 0 and name != "discount" and not back:
            told = f"properties.{name} must not be negative"
            raise Rejected(Reason.INVALID_MONEY, f"properties.{name}", told)
    listed = sum(line.amount for line in lines)
    if "subtotal" in sums:
        return sums["subtotal"]
    if {"total", "shipping", "tax"} <= sums.keys():
        return max(0, sums["total"] - sums["shipping"] - sums["tax"])
    for name in ("revenue", "value"):
        if name in sums:
            return sums[name]
    if "total" in sums:
        return min(sums["total"], listed) if listed else sums["total"]
    return max(0, listed - sums.get("discount", 0)) if lines else None


def bought(lines: Sequence[Line], amount: int) -> list[OrderLine]:
    """Lines of an order that add up to `amount`."""
    listed = [line.amount for line in lines]
    discounts = spread(max(0, sum(listed) - amount), listed)
    made = [
        OrderLine(
            product_id=line.product,
            quantity=1 if line.quantity is None else line.quantity,
            unit_price=as_decimal(line.price or 0),
            discount=as_decimal(discount),
        )
        for line, discount in zip(lines, discounts, strict=True)
    ]
    rest = amount - sum(listed)
    if rest > 0 or not made:
        made.append(OrderLine(product_id=UNLISTED, quantity=1, unit_price=as_decimal(max(0, rest))))
    return made


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Parts of an amount in proportion to weights, none above its weight; in whole cents where all are.

    The amount must not be above the sum of the weights. What rounding leaves over goes to the parts that
    lost most by it.
    """
    whole = sum(weights)
    if not amount or not whole:
        return [0] * len(weights)
    unit = _CENT if all(value % _CENT == 0 for value in (amount, *weights)) else 1
    parts = [amount * weight // whole // unit * unit for weight in weights]
    lost = [(parts[number] * whole - amount * weight, number) for number, weight in enumerate(weights)]
    for _, number in sorted(lost)[: (amount - sum(parts)) // unit]:
        parts[number] += unit
    return parts
