"""Columns of generated rows: numbers only, one array a column; texts are indices into small tables.

Times are milliseconds since the epoch (UTC) and money is in cents, so that every sum is exact. What an index
means stands in `EVENT_TYPES`, `STATUSES` and `PAYMENTS` here, `places`, `sources`, `texts` and `catalogue`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
U64 = npt.NDArray[np.uint64]
U8 = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[Any]
Rng = np.random.Generator

EVENT_TYPES: Final = (
    *("page_view", "search", "product_view", "add_to_cart", "remove_from_cart", "login", "signup"),
    *("checkout", "purchase", "refund"),
)
PAGE_VIEW, SEARCH, PRODUCT_VIEW, ADD, REMOVE, LOGIN, SIGNUP, CHECKOUT, PURCHASE, REFUND = range(10)

STATUSES: Final = ("pending", "completed", "cancelled", "refunded")
PENDING, COMPLETED, CANCELLED, REFUNDED = range(4)

PAYMENTS: Final = ("card", "paypal", "apple_pay", "google_pay", "klarna", "bank_transfer")
CARD, PAYPAL, APPLE_PAY, GOOGLE_PAY, KLARNA, BANK_TRANSFER = range(6)


def rng(*seeds: int) -> Rng:
    """The source of chance for one purpose: the same numbers, the same stream of chance."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seeds)))


@dataclass(slots=True)
class Columns:
    """Arrays of one length."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, rows: Ints | slice) -> Self:
        """The rows that a mask, an array of positions or a slice names."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, one after the other."""
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})


@dataclass(slots=True)
class Events(Columns):
    """Events. An id of 0 is none; `session` is a 64-bit number; `order` is the order's number, -1 none."""

    at: I64
    type: U8
    user: U64  # who is known: the user, or the anonymous id until login
    anonymous: U64  # on login and signup: the anonymous id that the user had until then
    session: U64
    product: I64
    order: I64
    url: I32
    source: U8
    landing: Mask  # the first event of a session that came from elsewhere has a referrer
    term: I32
    device: U8
    country: U8
    revenue: I64
    value: I64
    quantity: I32
    duration: I32
    properties: I32


@dataclass(slots=True)
class Lines(Columns):
    """Order lines as shoppers bought them; an order's lines stand together. `at` is when it was paid."""

    at: I64
    placed_at: I64
    order: I64
    line: I32
    user: U64
    product: I64
    payment: U8
    quantity: I32
    unit_price: I64
    discount: I64
    country: U8


@dataclass(slots=True)
class Ledger(Columns):
    """Rows of the ledger of order lines: what each adds. `line` counts from 1 within the order."""

    at: I64
    order: I64
    line: I32
    user: U64
    product: I64
    status: U8
    payment: U8
    quantity: I32
    unit_price: I64
    discount: I64
    total: I64
    country: U8


@dataclass(slots=True)
class Signups(Columns):
    """Users who registered, and when."""

    user: I64
    at: I64


def starts(keys: Ints) -> I64:
    """Where each run of equal keys begins."""
    first = np.ones(len(keys), np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    return np.flatnonzero(first)


def choose(cumulative: F64, chance: F64) -> I64:
    """Positions in a cumulative share, one for each number of `chance` in [0, 1)."""
    return np.minimum(np.searchsorted(cumulative, chance, side="right"), len(cumulative) - 1)


def cumulative(weights: Sequence[float] | F64) -> F64:
    """The cumulative share of each weight."""
    sums = np.cumsum(np.asarray(weights, np.float64))
    return np.asarray(sums / sums[-1])
