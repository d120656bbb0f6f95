"""What shoppers put into their carts, how they pay, and the order lines that it becomes."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from footfall.generate.catalogue import Catalogue
from footfall.generate.columns import (
    APPLE_PAY,
    BANK_TRANSFER,
    CARD,
    GOOGLE_PAY,
    I64,
    KLARNA,
    U8,
    Lines,
    Mask,
    Rng,
    choose,
    cumulative,
    starts,
)
from footfall.generate.places import APPLE, DEVICES
from footfall.generate.visits import CART, EXPRESS, FULL, Visits

_ITEMS: Final = cumulative([0.55, 0.27, 0.12, 0.06])
_DISCOUNTS: Final = np.array([0, 5, 10, 20])  # per cent
_DISCOUNT_SHARES: Final = cumulative([0.72, 0.08, 0.12, 0.08])
_PAYMENT_SHARES: Final = cumulative([0.50, 0.25, 0.12, 0.06, 0.045, 0.025])

_ON_APPLE: Final = np.array([device.os in APPLE for device in DEVICES])
_ON_ANDROID: Final = np.array([device.os == "Android" for device in DEVICES])


@dataclass(slots=True)
class Carts:
    """Items that are put into carts, visit by visit; `count` and `start` are by visit."""

    count: I64
    start: I64
    removed: Mask
    visit: I64
    product: I64
    quantity: I64
    price: I64
    discount: I64
    kept: Mask

    def never_empty(self) -> "Carts":
        """The same, with an item that nobody kept where there is none: position 0 can be looked up."""
        if len(self.product):
            return self
        none = np.zeros(1, np.int64)
        return replace(
            self, visit=none, product=none, quantity=none, price=none, discount=none, kept=none > 0
        )

    def sums(self, values: I64) -> I64:
        """By visit, the sum over the items that were kept."""
        sums = np.concatenate([[0], np.cumsum(np.where(self.kept, values, 0))])
        return np.asarray(sums[self.start + self.count] - sums[self.start])


def fill(chance: Rng, catalogue: Catalogue, depth: I64) -> Carts:
    """The carts of visits that go so far; most are empty."""
    many = choose(_ITEMS, chance.random(len(depth))) + 1
    few = 1 + (chance.random(len(depth)) < 0.3)
    count = np.select([depth < CART, depth == CART, depth == EXPRESS], [0, few, 1], many)
    luck = chance.random(len(depth))
    removed = ((depth == CART) & (luck < 0.25)) | ((depth == FULL) & (count > 1) & (luck < 0.08))
    visit = np.repeat(np.arange(len(depth)), count)
    start = np.cumsum(count) - count
    product = catalogue.pick(chance.random(len(visit)))
    luck = chance.random(len(visit))
    quantity = 1 + (luck < 0.14).astype(np.int64) + (luck < 0.03)
    price = catalogue.price[product - 1]
    rate = _DISCOUNTS[choose(_DISCOUNT_SHARES, chance.random(len(visit)))]
    kept = np.ones(len(visit), np.bool_)
    kept[(start + count - 1)[removed]] = False
    discount = (price * quantity * rate + 50) // 100
    return Carts(count, start, removed, visit, product, quantity, price, discount, kept)


def payments(chance: Rng, device: U8) -> U8:
    """Ways to pay that fit the device: Apple's wallet on Apple's systems, Google's on Android."""
    payment = choose(_PAYMENT_SHARES, chance.random(len(device)))
    misfit = ((payment == APPLE_PAY) & ~_ON_APPLE[device]) | ((payment == GOOGLE_PAY) & ~_ON_ANDROID[device])
    return np.where(misfit, CARD, payment).astype(np.uint8)


def pays_later(payment: U8) -> Mask:
    """Whether the money comes some time after the order: it is pending until then."""
    return np.asarray((payment == BANK_TRANSFER) | (payment == KLARNA))


def lines(visits: Visits, carts: Carts, checkout: I64, payment: U8) -> Lines:
    """The order lines of the visits that end in a purchase; `checkout` is the time of each visit's."""
    rows = np.flatnonzero(carts.kept & visits.buyer[carts.visit])
    visit = carts.visit[rows]
    start = starts(visit)
    line = np.arange(len(visit)) - np.repeat(start, np.diff(np.append(start, len(visit)))) + 1
    return Lines(
        at=visits.last_at[visit],
        placed_at=checkout[visit] + 500,
        order=visits.order[visit],
        line=line.astype(np.int32),
        user=visits.user[visit],
        product=carts.product[rows],
        payment=payment[visit],
        quantity=carts.quantity[rows].astype(np.int32),
        unit_price=carts.price[rows],
        discount=carts.discount[rows],
        country=visits.country[visit],
    )
