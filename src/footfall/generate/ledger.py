"""What becomes of orders: rows of the ledger of order lines, and refund events for money that goes back.

Most orders are completed at once. Those paid by bank transfer or in instalments are pending until the money
is there, which makes two rows: out of `pending`, into `completed`. Some are cancelled soon after, some
returned within a month, whole, one line of it or a part of the price: one negative row a line, and one
refund event with the same sum. A row bears its line's price and discount; its total is what it adds.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall.generate import texts
from footfall.generate.carts import pays_later
from footfall.generate.catalogue import NO_PAGE
from footfall.generate.columns import (
    CANCELLED,
    COMPLETED,
    I64,
    PENDING,
    REFUND,
    REFUNDED,
    U8,
    Events,
    Ledger,
    Lines,
    Mask,
    Rng,
    starts,
)
from footfall.generate.places import SERVER
from footfall.generate.sources import NO_SOURCE

CANCELLED_SHARE: Final = 0.015
RETURNED_SHARE: Final = 0.05
_ONE_LINE: Final = 0.3  # the share of returns that are about one line
_RETURNED_SPREAD: Final = 1.2


@dataclass(frozen=True, slots=True)
class Returns:
    """How long after the purchase money goes back, and the share of returns that are a part of the price."""

    cancelled_ms: tuple[int, int]
    returned_ms: tuple[int, int]
    part_share: float

    @property
    def median_ms(self) -> float:
        """The middle of returns, on a scale of orders of magnitude."""
        return math.sqrt(self.returned_ms[0] * self.returned_ms[1])


HISTORY: Final = Returns((600_000, 43_200_000), (3_600_000, 30 * 86_400_000), 0.2)
# In the stream one sees it happen within minutes; ingest takes back units, not parts of a price.
STREAM: Final = Returns((20_000, 90_000), (30_000, 600_000), 0.0)


@dataclass(slots=True)
class _Orders:
    """Where each order's lines begin, how many they are, and which order each line belongs to."""

    start: I64
    count: I64
    of_line: I64


def settle(chance: Rng, lines: Lines, returns: Returns = HISTORY) -> tuple[Ledger, Events]:
    """All that happens to these orders, whenever it happens, and the refund events of it."""
    orders = _orders(lines)
    waiting = lines.take(pays_later(lines.payment))
    returned, money_back = _returned(chance, lines, orders, returns)
    ledger = Ledger.join(
        [
            _rows(waiting, waiting.placed_at, PENDING, 1),
            _rows(waiting, waiting.at, PENDING, -1),
            _rows(lines, lines.at, COMPLETED, 1),
            returned,
        ]
    )
    return ledger, money_back


def _orders(lines: Lines) -> _Orders:
    start = starts(lines.order)
    count = np.diff(np.append(start, len(lines)))
    return _Orders(start, count, np.repeat(np.arange(len(start)), count))


def _rows(lines: Lines, at: I64, status: int, sign: int) -> Ledger:
    total = lines.quantity * lines.unit_price - lines.discount
    return Ledger(
        at=at,
        order=lines.order,
        line=lines.line,
        user=lines.user,
        product=lines.product,
        status=np.full(len(lines), status, np.uint8),
        payment=lines.payment,
        quantity=sign * lines.quantity,
        unit_price=lines.unit_price,
        discount=lines.discount,
        total=sign * total,
        country=lines.country,
    )


def _returned(chance: Rng, lines: Lines, orders: _Orders, returns: Returns) -> tuple[Ledger, Events]:
    count = len(orders.start)
    luck = chance.random(count)
    cancelled = luck < CANCELLED_SHARE
    returned = ~cancelled & (luck < CANCELLED_SHARE + RETURNED_SHARE)
    kind = chance.random(count)
    part = returned & (kind < returns.part_share)
    one_line = returned & ~part & (kind < returns.part_share + _ONE_LINE)
    chosen = orders.start + (chance.random(count) * orders.count).astype(np.int64)
    percent = chance.integers(5, 31, count)
    reason = chance.integers(0, texts.RETURN_REASONS, count)
    scale = np.exp(_RETURNED_SPREAD * chance.standard_normal(count))
    delay = np.clip(returns.median_ms * scale, *returns.returned_ms).astype(np.int64)
    after = np.where(
        cancelled,
        chance.integers(*returns.cancelled_ms, count),
        delay,
    )
    concerned = (cancelled | returned)[orders.of_line]
    only = (one_line | part)[orders.of_line] & (np.arange(len(lines)) != chosen[orders.of_line])
    rows = np.flatnonzero(concerned & ~only)
    order = orders.of_line[rows]
    at = lines.at[rows] + after[order]
    ledger = _rows(lines.take(rows), at, REFUNDED, -1)
    ledger.status[cancelled[order]] = CANCELLED
    _partly(ledger, part[order], percent[order])
    note = np.select([cancelled, part], [texts.CANCELLATION, texts.GOODWILL], texts.OF_REASON + reason)
    return ledger, _refund_events(ledger, note[order])


def _partly(ledger: Ledger, part: Mask, percent: I64) -> None:
    """Turns whole returns into a part of the price: no goods come back."""
    amount = np.maximum(-ledger.total * percent // 100, np.minimum(-ledger.total, 1))
    ledger.quantity[part] = 0
    ledger.total[part] = -amount[part]


def _refund_events(ledger: Ledger, note: I64) -> Events:
    """One event for each order in `ledger`, whose rows stand together."""
    start = starts(ledger.order)
    lines = np.diff(np.append(start, len(ledger)))
    count = len(start)
    sums = np.add.reduceat(ledger.total, start) if count else np.zeros(0, np.int64)
    pieces = np.add.reduceat(ledger.quantity, start) if count else np.zeros(0, np.int32)
    none = np.zeros(count, np.int64)
    return Events(
        at=ledger.at[start],
        type=np.full(count, REFUND, np.uint8),
        user=ledger.user[start],
        anonymous=none.astype(np.uint64),
        session=none.astype(np.uint64),
        product=np.where(lines == 1, ledger.product[start], 0),
        order=ledger.order[start],
        url=np.full(count, NO_PAGE, np.int32),
        source=_small(count, NO_SOURCE),
        landing=np.zeros(count, np.bool_),
        term=none.astype(np.int32),
        device=_small(count, SERVER),
        country=ledger.country[start],
        revenue=sums,
        value=none,
        quantity=-pieces,
        duration=none.astype(np.int32),
        properties=note[start].astype(texts.POSITION),
    )


def _small(count: int, value: int) -> U8:
    return np.full(count, value, np.uint8)
