"""The true answers are what one gets by going through all rows one by one."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings

from footfall.generate.columns import EVENT_TYPES, STATUSES, Events, Ledger
from footfall.generate.places import PLACES
from footfall.generate.plan import Plan
from footfall.generate.shop import Shop
from footfall.generate.truth import FUNNEL, Truth
from tests.generate import plans


def truth(plan: Plan) -> dict[str, Any]:
    shop = Shop(plan)
    answers = Truth(plan)
    answers.add_signups(shop.first_registrations())
    for number in range(len(shop)):
        answers.add(shop.slice(number))
    found: dict[str, Any] = json.loads(json.dumps(answers.to_json()))
    return found


@settings(max_examples=30, deadline=None)
@given(plans.plans())
def test_the_true_answers_about_events_are_those_of_counting_one_by_one(plan: Plan) -> None:
    answers = truth(plan)
    events, _ = plans.rows(plan)
    count = EventsBy(events)
    assert answers["totals"]["events"] == len(events)
    assert answers["totals"]["visitors"] == len(set(events.user.tolist()))
    assert answers["totals"]["sessions"] == len(set(events.session.tolist()) - {0})
    assert Decimal(answers["totals"]["revenue"]) == Decimal(int(events.revenue.sum())) / 100
    for kind, bin_ in (("hours", "hour"), ("days", "day")):
        expected = count.by(bin_)
        assert {row["from"]: _figures(row) for row in answers[kind]} == expected
    by_type = count.by("type")
    assert {
        row["event_type"]: (row["events"], row["unique_users"], Decimal(row["revenue"]))
        for row in answers["event_types"]
    } == by_type
    by_country = count.by("country")
    assert {
        row["country"]: (row["events"], row["unique_users"], Decimal(row["revenue"]))
        for row in answers["countries"]
    } == by_country
    by_country_day = count.by("country_day")
    assert {
        (row["country"], row["day"]): (row["event_count"], row["unique_users"], Decimal(row["revenue"]))
        for row in answers["country_days"]
    } == by_country_day


@settings(max_examples=30, deadline=None)
@given(plans.plans())
def test_the_true_funnel_and_users_are_those_of_going_through_each_user(plan: Plan) -> None:
    answers = truth(plan)
    events, _ = plans.rows(plan)
    links = dict(zip(events.anonymous.tolist(), events.user.tolist(), strict=True))
    links.pop(0, None)
    ids, shoppers, activity = defaultdict(set), defaultdict(set), Counter[int]()
    last: dict[int, int] = defaultdict(int)
    days = set()
    for user, type_, at in zip(events.user.tolist(), events.type.tolist(), events.at.tolist(), strict=True):
        ids[user].add(type_)
        shoppers[links.get(user, user)].add(type_)
        activity[user] += 1
        last[user] = max(last[user], at)
        days.add((user, at // 86_400_000))
    for name, seen in (("funnel", shoppers), ("funnel_of_ids", ids)):
        expected = [
            sum(set(FUNNEL[: step + 1]) <= types for types in seen.values()) for step in range(len(FUNNEL))
        ]
        assert [row["users"] for row in answers[name]] == expected
    best = sorted(activity.items(), key=lambda pair: (-pair[1], pair[0]))[:100]
    assert [(row["user_id"], row["events"]) for row in answers["top_users"]] == [
        (str(user), count) for user, count in best
    ]
    for row in answers["top_users"]:
        assert row["event_types"] == len(ids[int(row["user_id"])])
        assert row["last_day"] == _time(last[int(row["user_id"])])[:10]
    assert answers["user_days"] == len(days)


@settings(max_examples=30, deadline=None)
@given(plans.plans())
def test_the_true_answers_about_money_are_those_of_adding_up_the_ledger(plan: Plan) -> None:
    answers = truth(plan)
    _, ledger = plans.rows(plan)
    products = _Ledger(ledger)
    months: dict[str, list[Any]] = defaultdict(lambda: [0, 0, set(), set()])
    for at, order, user, status, total in zip(
        *(c.tolist() for c in (ledger.at, ledger.order, ledger.user, ledger.status, ledger.total)),
        strict=True,
    ):
        month = months[_time(at)[:7]]
        if STATUSES[status] == "completed":
            month[0] += total
            month[2].add(order)
            month[3].add(user)
        elif STATUSES[status] != "pending":
            month[1] += total
    assert [
        (r["month"], Decimal(r["gross"]), Decimal(r["refunds"]), r["orders"], r["buyers"])
        for r in answers["months"]
    ] == [
        (name, Decimal(g) / 100, Decimal(b) / 100, len(orders), len(buyers))
        for name, (g, b, orders, buyers) in sorted(months.items())
    ]
    assert {
        (r["product_id"], r["status"]): (Decimal(r["revenue"]), r["quantity"], r["orders"])
        for r in answers["products"]
    } == products.by_product
    gross = sum((Decimal(r["gross"]) for r in answers["months"]), Decimal())
    assert Decimal(answers["totals"]["gross"]) == gross
    assert Decimal(answers["totals"]["net"]) == gross + Decimal(answers["totals"]["refunds"])


class EventsBy:
    """Counts, distinct users and revenue of events, by anything."""

    def __init__(self, events: Events) -> None:
        self._rows = [
            {
                "hour": _time(at)[:13] + ":00:00Z",
                "day": _time(at)[:10] + "T00:00:00Z",
                "type": EVENT_TYPES[type_],
                "country": PLACES[country].code,
                "country_day": (PLACES[country].code, _time(at)[:10]),
                "user": user,
                "revenue": revenue,
            }
            for at, type_, country, user, revenue in zip(
                *(
                    column.tolist()
                    for column in (events.at, events.type, events.country, events.user, events.revenue)
                ),
                strict=True,
            )
        ]

    def by(self, name: str) -> dict[Any, tuple[int, int, Decimal]]:
        groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows:
            groups[row[name]].append(row)
        return {
            key: (
                len(rows),
                len({row["user"] for row in rows}),
                Decimal(sum(row["revenue"] for row in rows)) / 100,
            )
            for key, rows in groups.items()
        }


class _Ledger:
    def __init__(self, ledger: Ledger) -> None:
        sums: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, 0, set()])
        for product, status, total, quantity, order in zip(
            *(
                column.tolist()
                for column in (ledger.product, ledger.status, ledger.total, ledger.quantity, ledger.order)
            ),
            strict=True,
        ):
            cell = sums[str(product), STATUSES[status]]
            cell[0] += total
            cell[1] += quantity
            cell[2].add(order)
        self.by_product = {key: (Decimal(t) / 100, q, len(o)) for key, (t, q, o) in sums.items()}


def _figures(row: dict[str, Any]) -> tuple[int, int, Decimal]:
    return row["event_count"], row["unique_users"], Decimal(row["revenue"])


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
