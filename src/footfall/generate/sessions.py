"""What shoppers do: the events of sessions, from the landing page to the purchase or to where they drop off.

A session is placed by its last event and told backwards, so that orders fall exactly where `growth` puts
them. Its steps are landing → wandering (pages, searches, products) → product and cart, item by item →
perhaps out of the cart again → login or signup → checkout → purchase. Buyers who have no time for that take
the express way: from the newsletter or a bookmark to a product, and "buy now". Within a session times
strictly increase, and no gap is as long as the 30 minutes that would make it two.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall.generate import texts
from footfall.generate.carts import Carts, fill, lines, payments, pays_later
from footfall.generate.catalogue import (
    ACCOUNT_PAGE,
    CART_PAGE,
    CHECKOUT_PAGE,
    HOME_PAGE,
    LOGIN_PAGE,
    SIGNUP_PAGE,
    THANKS_PAGE,
    Catalogue,
)
from footfall.generate.columns import (
    ADD,
    CHECKOUT,
    F64,
    I32,
    I64,
    LOGIN,
    PAGE_VIEW,
    PRODUCT_VIEW,
    PURCHASE,
    REMOVE,
    SEARCH,
    SIGNUP,
    U8,
    Events,
    Lines,
    Mask,
    Rng,
    choose,
    cumulative,
)
from footfall.generate.visits import ABANDON, EXPRESS, FULL, LOOK, Visits, depths

_WANDERING: Final = np.array([0.0, 1.3, 1.3, 1.3, 1.6, 0.0])  # mean of an exponential, in steps
_WANDER_TYPES: Final = cumulative([0.34, 0.20, 0.46])
# Steps of a session, in their order; an event knows its step and its position within it.
_LANDING, _WANDER, _ITEM, _REMOVE, _AUTH, _CHECKOUT, _PURCHASE = range(7)
_TYPE_OF_STEP: Final = np.array(
    [PAGE_VIEW, PAGE_VIEW, PRODUCT_VIEW, REMOVE, LOGIN, CHECKOUT, PURCHASE], np.uint8
)

# Median seconds on an event before the next one, by type.
_MEDIAN_S: Final = np.array([14, 9, 22, 8, 6, 10, 30, 35, 20, 0], np.float32)
_GAP_SPREAD: Final = 0.8
_GAP_MS: Final = (700, 600_000)
_PENDING_MS: Final = (60_000, 1_200_000)
_EXPRESS_HURRY: Final = 0.5


def build(chance: Rng, catalogue: Catalogue, visits: Visits) -> tuple[Events, Lines]:
    """The events of these sessions, session by session in order, and the lines of their orders."""
    depth = depths(chance, visits)
    carts = fill(chance, catalogue, depth)
    steps = _steps(chance, visits, depth, carts)
    payment = payments(chance, visits.device)
    events = _events(chance, catalogue, visits, depth, carts, steps, payment)
    checkout = np.zeros(len(visits), np.int64)
    checkout[steps.visit[steps.step == _CHECKOUT]] = events.at[steps.step == _CHECKOUT]
    return events, lines(visits, carts, checkout, payment)


@dataclass(slots=True)
class _Steps:
    """Which visit and step each event belongs to, and its position in the step; `last` is by visit."""

    visit: I64
    step: I64
    inner: I64
    last: I64


def _steps(chance: Rng, visits: Visits, depth: I64, carts: Carts) -> _Steps:
    lengths = np.zeros((len(visits), len(_TYPE_OF_STEP)), np.int64)
    wander = np.minimum(np.floor(chance.standard_exponential(len(depth)) * _WANDERING[depth]), 12)
    lengths[:, _LANDING] = 1
    lengths[:, _WANDER] = wander.astype(np.int64) + (depth == LOOK)
    buys_now = chance.random(len(depth)) < 0.7
    lengths[:, _ITEM] = np.where(depth == EXPRESS, np.where(buys_now, 0, 1), 2 * carts.count)
    lengths[:, _REMOVE] = carts.removed
    lengths[:, _AUTH] = (depth >= ABANDON) & (visits.user > 0) & ~visits.signed_in
    lengths[:, _CHECKOUT] = depth >= ABANDON
    lengths[:, _PURCHASE] = depth >= FULL
    flat = lengths.ravel()
    total = int(flat.sum())
    inner = np.arange(total) - np.repeat(np.cumsum(flat) - flat, flat)
    of_visit = lengths.sum(axis=1)
    return _Steps(
        visit=np.repeat(np.arange(len(visits)), of_visit),
        step=np.repeat(np.tile(np.arange(len(_TYPE_OF_STEP)), len(visits)), flat),
        inner=inner,
        last=np.cumsum(of_visit) - 1,
    )


def _events(
    chance: Rng,
    catalogue: Catalogue,
    visits: Visits,
    depth: I64,
    carts: Carts,
    steps: _Steps,
    payment: U8,
) -> Events:
    visit, step = steps.visit, steps.step
    count = len(visit)
    express = depth[visit] == EXPRESS
    item = _items(carts, steps, express)
    seen = catalogue.pick(chance.random(count))
    luck = chance.random(count)
    type_ = _types(chance, visits, steps, express, luck)
    is_item = item >= 0
    shown = np.isin(type_, (PRODUCT_VIEW, ADD, REMOVE))
    of_item = np.maximum(item, 0)
    carts = carts.never_empty()
    product = np.where(shown, np.where(is_item, carts.product[of_item], seen), 0)
    waits = visits.buyer & pays_later(payment)
    at, duration = _times(chance, visits, steps, type_, express, waits)

    bought = np.isin(type_, (CHECKOUT, PURCHASE))
    in_cart = np.isin(type_, (ADD, REMOVE))
    cart_total = carts.sums(carts.price * carts.quantity - carts.discount)[visit]
    price = catalogue.price[np.maximum(product, 1) - 1]
    added = carts.quantity[of_item]
    value = np.where(
        shown, np.where(in_cart, price * added, price), np.where(type_ == CHECKOUT, cart_total, 0)
    )
    quantity = np.where(in_cart, added, np.where(bought, carts.sums(carts.quantity)[visit], 0))
    single = bought & (carts.sums(np.ones_like(carts.product))[visit] == 1)
    product = np.where(single, carts.product[carts.start[visit] * single], product)

    # An order that is paid later is placed at the checkout, and the purchase is when the money comes.
    has_order = (type_ == PURCHASE) | ((type_ == CHECKOUT) & (visits.buyer & pays_later(payment))[visit])
    known = visits.signed_in[visit] | ((step >= _AUTH) & (visits.user > 0)[visit])
    auth = step == _AUTH
    term = (len(catalogue.terms) * luck**2.2).astype(np.int64)
    return Events(
        at=at,
        type=type_,
        user=np.where(known, visits.user[visit], visits.anonymous[visit]),
        anonymous=np.where(auth, visits.anonymous[visit], np.uint64(0)),
        session=visits.session[visit],
        product=product,
        order=np.where(has_order, visits.order[visit], -1),
        url=_urls(catalogue, type_, product, seen, term, luck),
        source=visits.source[visit],
        landing=step == _LANDING,
        term=np.where(type_ == SEARCH, term + 1, 0).astype(np.int32),
        device=visits.device[visit],
        country=visits.country[visit],
        revenue=np.where(type_ == PURCHASE, cart_total, 0),
        value=value,
        quantity=quantity.astype(np.int32),
        duration=duration,
        properties=_properties(type_, visits.device[visit], payment[visit], luck),
    )


def _items(carts: Carts, steps: _Steps, express: Mask) -> I64:
    """Which item each event is about, -1 none: of `carts`."""
    start = carts.start[steps.visit]
    last = start + carts.count[steps.visit] - 1
    return np.select(
        [
            steps.step == _ITEM,
            steps.step == _REMOVE,
            express & (steps.step == _LANDING),
        ],
        [start + steps.inner // 2, last, start],
        -1,
    )


def _types(chance: Rng, visits: Visits, steps: _Steps, express: Mask, luck: F64) -> U8:
    type_ = _TYPE_OF_STEP[steps.step]
    wander = np.flatnonzero(steps.step == _WANDER)
    kinds = np.array([PAGE_VIEW, SEARCH, PRODUCT_VIEW], np.uint8)
    type_[wander] = kinds[choose(_WANDER_TYPES, chance.random(len(wander)))]
    type_[(steps.step == _LANDING) & (express | (luck < 0.3))] = PRODUCT_VIEW
    type_[(steps.step == _ITEM) & (express | (steps.inner % 2 == 1))] = ADD
    type_[(steps.step == _AUTH) & visits.signup[steps.visit]] = SIGNUP
    return type_


def _times(
    chance: Rng, visits: Visits, steps: _Steps, type_: U8, express: Mask, waits: Mask
) -> tuple[I64, I32]:
    """When each event happened, and how many seconds the shopper stayed on it (page and product views)."""
    count = len(type_)
    spread = np.exp(np.float32(_GAP_SPREAD) * chance.standard_normal(count, np.float32))
    hurry = np.where(express, np.float32(_EXPRESS_HURRY), np.float32(1.0))
    stay = np.clip(_MEDIAN_S[type_] * spread * hurry * np.float32(1000), *_GAP_MS).astype(np.int64)
    pending = np.flatnonzero((steps.step == _CHECKOUT) & waits[steps.visit])
    stay[pending] = chance.integers(*_PENDING_MS, len(pending))
    gaps = stay.copy()
    gaps[steps.last] = 0
    passed = np.cumsum(gaps)
    at = visits.last_at[steps.visit] - (passed[steps.last][steps.visit] - passed + gaps)
    viewed = (type_ == PAGE_VIEW) | (type_ == PRODUCT_VIEW)
    duration = np.where(viewed, np.maximum((stay + 500) // 1000, 1), 0).astype(np.int32)
    return at, duration


def _urls(catalogue: Catalogue, type_: U8, product: I64, seen: I64, term: I64, luck: F64) -> I32:
    page = np.select(
        [luck < 0.45, luck < 0.85, luck < 0.95],
        [np.int64(HOME_PAGE), catalogue.category_page(seen), np.int64(CART_PAGE)],
        np.int64(ACCOUNT_PAGE),
    )
    return np.select(
        [
            type_ == PAGE_VIEW,
            (type_ == PRODUCT_VIEW) | (type_ == ADD),
            type_ == SEARCH,
            type_ == REMOVE,
            type_ == LOGIN,
            type_ == SIGNUP,
            type_ == CHECKOUT,
        ],
        [
            page,
            catalogue.product_page(product),
            catalogue.search_page(term),
            np.int64(CART_PAGE),
            np.int64(LOGIN_PAGE),
            np.int64(SIGNUP_PAGE),
            np.int64(CHECKOUT_PAGE),
        ],
        np.int64(THANKS_PAGE),
    ).astype(np.int32)


def _properties(type_: U8, device: U8, payment: U8, luck: F64) -> I32:
    return np.select(
        [
            type_ == SEARCH,
            (type_ == CHECKOUT) | (type_ == PURCHASE),
            (type_ == LOGIN) | (type_ == SIGNUP),
        ],
        [
            texts.OF_RESULTS + (luck * texts.RESULTS).astype(np.int64),
            texts.OF_PAYMENT + payment.astype(np.int64),
            texts.OF_LOGIN + (luck * texts.LOGINS).astype(np.int64),
        ],
        device.astype(np.int64),
    ).astype(np.int32)
