"""What holds in every history: sessions that make sense, money that agrees, the same seed the same bytes."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings

from footfall.generate.carts import pays_later
from footfall.generate.columns import (
    CANCELLED,
    CHECKOUT,
    COMPLETED,
    LOGIN,
    PAGE_VIEW,
    PENDING,
    PRODUCT_VIEW,
    PURCHASE,
    REFUND,
    REFUNDED,
    SIGNUP,
    Signups,
    rng,
)
from footfall.generate.history import parts
from footfall.generate.places import DEVICES, PLACES
from footfall.generate.plan import Plan
from footfall.generate.sessions import build
from footfall.generate.shop import ANONYMOUS_FROM, SLICE_EVENTS, Shop
from footfall.generate.visits import (
    BROWSE_EVENTS,
    BROWSE_LEAD_MS,
    EXPRESS_EVENTS,
    EXPRESS_LEAD_MS,
    FULL_EVENTS,
    FULL_LEAD_MS,
    HORIZON_MS,
    Visits,
)
from tests.generate import plans
from tests.generate.plans import sums

EVENTS, LEDGER = plans.rows(plans.small(events=40_000, orders=4_000, users=3_000))


@settings(max_examples=40, deadline=None)
@given(plans.plans())
def test_a_purchase_is_its_order_to_the_cent(plan: Plan) -> None:
    events, ledger = plans.rows(plan)
    bought, done = events.type == PURCHASE, ledger.status == COMPLETED
    purchases = sums(events.order[bought], events.revenue[bought])
    recent = done & (ledger.at >= plan.events_from_ms)
    orders = sums(ledger.order[recent], ledger.total[recent])
    if plan.orders_from_ms <= plan.events_from_ms:
        assert purchases == orders
    else:
        assert orders.items() <= purchases.items()


@settings(max_examples=40, deadline=None)
@given(plans.plans())
def test_a_refund_event_is_what_its_order_gives_back(plan: Plan) -> None:
    events, ledger = plans.rows(plan)
    back = (ledger.status == REFUNDED) | (ledger.status == CANCELLED)
    rows = back & (ledger.at >= plan.events_from_ms)
    told = (events.type == REFUND) & (events.at >= plan.orders_from_ms)
    assert sums(events.order[told], events.revenue[told]) == sums(ledger.order[rows], ledger.total[rows])
    assert all(total < 0 for total in ledger.total[back].tolist())


@settings(max_examples=40, deadline=None)
@given(plans.plans())
def test_money_is_received_by_purchases_and_goes_back_by_refunds_only(plan: Plan) -> None:
    events, _ = plans.rows(plan)
    assert (events.revenue[events.type == PURCHASE] > 0).all()
    assert (events.revenue[events.type == REFUND] < 0).all()
    assert not events.revenue[~np.isin(events.type, (PURCHASE, REFUND))].any()
    assert not events.value[np.isin(events.type, (PURCHASE, REFUND))].any()


@settings(max_examples=40, deadline=None)
@given(plans.plans())
def test_an_order_never_gives_back_more_than_it_brought(plan: Plan) -> None:
    _, ledger = plans.rows(plan)
    net = ledger.status != PENDING
    key = ledger.order * 100 + ledger.line
    done = set(key[ledger.status == COMPLETED].tolist())
    left = sums(key[net], ledger.total[net])
    # Lines that were bought before the first day of orders have their refunds only.
    assert all(total >= 0 for line, total in left.items() if line in done)
    pending = ledger.status == PENDING
    assert set(sums(key[pending], ledger.quantity[pending]).values()) <= {-3, -2, -1, 0, 1, 2, 3}


@settings(max_examples=30, deadline=None)
@given(plans.plans())
def test_every_user_of_the_plan_registers_once(plan: Plan) -> None:
    shop = Shop(plan)
    slices = [shop.slice(number) for number in range(len(shop))]
    signups = Signups.join([shop.first_registrations(), *(slice_.signups for slice_ in slices)])
    assert len(np.unique(signups.user)) == len(signups)
    assert np.unique(signups.user).tolist()[:1] == [1]
    assert len(signups) <= plan.users
    if plan.orders_from_ms >= plan.events_from_ms and plan.orders:
        assert len(signups) == plan.users
    assert signups.at.max() <= plan.until_ms


@settings(max_examples=30, deadline=None)
@given(plans.plans())
def test_the_steps_of_a_session_follow_one_another(plan: Plan) -> None:
    events, _ = plans.rows(plan)
    inside = events.take(events.session > 0)
    previous: dict[int, int] = {}
    for session, at in zip(inside.session.tolist(), inside.at.tolist(), strict=True):
        assert at > previous.get(session, 0)
        assert at - previous.get(session, at) < 30 * 60_000
        previous[session] = at


def test_the_way_to_a_purchase_leads_over_product_and_checkout() -> None:
    # Sessions that began before the first midnight are there from then on only.
    recent = plans.small().events_from_ms + HORIZON_MS
    bought = set(EVENTS.session[(EVENTS.type == PURCHASE) & (EVENTS.at > recent)].tolist())
    by_session: dict[int, list[int]] = {}
    for session, type_ in zip(EVENTS.session.tolist(), EVENTS.type.tolist(), strict=True):
        by_session.setdefault(session, []).append(type_)
    for session in bought:
        types = by_session[session]
        assert types[0] in (PAGE_VIEW, PRODUCT_VIEW)
        assert PRODUCT_VIEW in types
        assert types[-2:] == [CHECKOUT, PURCHASE]
    assert 0.15 < len(bought) / len(by_session) < 0.6


def test_shoppers_are_anonymous_until_they_log_in() -> None:
    auth = np.isin(EVENTS.type, (LOGIN, SIGNUP))
    assert (EVENTS.user[auth] < ANONYMOUS_FROM).all()
    assert (EVENTS.anonymous[auth] >= ANONYMOUS_FROM).all()
    assert not EVENTS.anonymous[~auth].any()
    assert (EVENTS.user[np.isin(EVENTS.type, (PURCHASE, REFUND))] < ANONYMOUS_FROM).all()
    known: dict[int, int] = {}
    for session, user in zip(EVENTS.session.tolist(), EVENTS.user.tolist(), strict=True):
        if session and user < ANONYMOUS_FROM:
            assert known.setdefault(session, user) == user
    assert EVENTS.user.min() > 0


def test_nobody_is_in_the_shop_before_signing_up() -> None:
    signed_up = {
        user: at
        for user, at, type_ in zip(
            EVENTS.user.tolist(), EVENTS.at.tolist(), EVENTS.type.tolist(), strict=True
        )
        if type_ == SIGNUP
    }
    assert signed_up
    for user, at in zip(EVENTS.user.tolist(), EVENTS.at.tolist(), strict=True):
        assert at >= signed_up.get(user, 0)


def test_some_browse_unknown_before_they_come_back_and_log_in() -> None:
    auth = EVENTS.anonymous > 0
    sessions: dict[int, set[int]] = {}
    for user, session in zip(EVENTS.user.tolist(), EVENTS.session.tolist(), strict=True):
        sessions.setdefault(user, set()).add(session)
    assert sum(len(sessions.get(anonymous, ())) > 1 for anonymous in EVENTS.anonymous[auth].tolist()) > 100


def test_devices_and_browsers_fit_and_refunds_come_from_the_back_office() -> None:
    for number in np.unique(EVENTS.device).tolist():
        device = DEVICES[number]
        if device.browser == "Safari":
            assert device.os in ("iOS", "iPadOS", "macOS")
        if device.os in ("iOS", "Android"):
            assert device.type in ("mobile", "tablet")
    assert (EVENTS.device == 0).sum() == (EVENTS.type == REFUND).sum()
    assert "UK" in {PLACES[number].code for number in np.unique(EVENTS.country).tolist()}


def test_bestsellers_sell_and_the_tail_is_long() -> None:
    sold = np.sort(np.bincount(LEDGER.product[LEDGER.status == COMPLETED]))[::-1]
    assert sold[:4].sum() > 4 * sold[20:24].sum()
    assert (sold[:40] > 0).all()


def test_customers_come_back_and_premium_ones_more_often() -> None:
    plan = plans.small(events=40_000, orders=4_000, users=3_000)
    bought = np.bincount(EVENTS.user[EVENTS.type == PURCHASE].astype(int), minlength=plan.users + 1)[1:]
    premium = Shop(plan).shoppers.premium
    assert (bought > 1).sum() > 300
    assert bought[premium].mean() > 1.3 * bought[~premium].mean()


def test_orders_that_are_paid_later_are_pending_until_then() -> None:
    pending = LEDGER.take(LEDGER.status == PENDING)
    assert pays_later(pending.payment).all()
    assert (pending.quantity > 0).sum() >= (pending.quantity < 0).sum() > 50
    assert len(np.unique(LEDGER.status)) == 4


def test_the_same_plan_gives_the_same_bytes_and_another_seed_others() -> None:
    plan = plans.small()
    first = [block.data for block, _ in parts(Shop(plan), "USD")]
    assert first == [block.data for block, _ in parts(Shop(plan), "USD")]
    other = [block.data for block, _ in parts(Shop(plans.small(seed=2)), "USD")]
    assert not set(first) & set(other)


def test_a_slice_does_not_depend_on_the_ones_before_it() -> None:
    plan = plans.small(events=300_000, orders=3_000)
    shop = Shop(plan)
    alone = Shop(plan).slice(len(shop) - 2)
    before = [shop.slice(number) for number in range(len(shop))][-2]
    assert (alone.events.at == before.events.at).all()
    assert (alone.ledger.total == before.ledger.total).all()


def test_nobody_comes_who_is_not_among_the_users_asked_for() -> None:
    until = datetime(2025, 12, 7, 10, 36, 11, 372_000, tzinfo=UTC)  # the fifth order is under way
    plan = Plan.of(
        users=1, products=3, events=2_517, orders=5, days=74, order_days=254, seed=0, until=until, level=True
    )
    events, _ = plans.rows(plan)
    assert set(events.user[events.user < ANONYMOUS_FROM].tolist()) <= {0, 1}


@pytest.mark.parametrize(
    "plan",
    [
        plans.small(events=400_000, orders=40_000, days=365, order_days=730),
        Plan.of(
            events=300_000, orders=60_000, until=plans.UNTIL, level=True
        ),  # most orders come before events
    ],
    ids=["growing", "level"],
)
def test_slices_are_bounded_in_rows_and_in_months(plan: Plan) -> None:
    shop = Shop(plan)
    for number in range(len(shop)):
        slice_ = shop.slice(number)
        assert len(slice_.events) < 1.5 * SLICE_EVENTS
        for at in (slice_.events.at, slice_.ledger.at):
            months = np.unique(at.astype("datetime64[ms]").astype("datetime64[M]"))
            assert len(months) <= 4


def test_the_means_that_growth_counts_on_are_those_of_sessions() -> None:
    catalogue = Shop(plans.small()).catalogue
    chance = rng(7)
    for buyer, full, new, signed_in, mean, lead in (
        (False, False, 0.0, 0.0, BROWSE_EVENTS, BROWSE_LEAD_MS),
        (True, True, 0.28, 0.72 * 0.45, FULL_EVENTS, FULL_LEAD_MS),
        (True, False, 0.28, 0.72, EXPRESS_EVENTS, EXPRESS_LEAD_MS),
    ):
        visits = _visits(60_000, buyer=buyer, full=full)
        if buyer:
            luck = chance.random(len(visits))
            visits.signup[:], visits.signed_in[:] = luck < new, luck > 1 - signed_in
        events, _ = build(chance, catalogue, visits)
        assert abs(len(events) / len(visits) / mean - 1) < 0.03
        assert abs((10**12 - events.at).mean() / lead - 1) < 0.08


def _visits(count: int, *, buyer: bool, full: bool) -> Visits:
    numbers = np.arange(1, count + 1)
    return Visits(
        last_at=np.full(count, 10**12),
        buyer=np.full(count, buyer),
        full=np.full(count, full),
        user=np.where(buyer, numbers, 0).astype(np.uint64),
        signed_in=np.zeros(count, np.bool_),
        signup=np.zeros(count, np.bool_),
        anonymous=(ANONYMOUS_FROM + numbers).astype(np.uint64),
        country=np.zeros(count, np.uint8),
        device=np.ones(count, np.uint8),
        source=np.zeros(count, np.uint8),
        session=numbers.astype(np.uint64),
        order=numbers - 1,
    )
