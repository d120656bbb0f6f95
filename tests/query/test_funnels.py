"""Funnels with conditions, by dimension, with the users behind each bar and the times between steps.

The reference is plain Python over the random shop: a shopper reaches step k where some times t1 <= … <= tk of
events of the steps lie within the window of t1. Edges of the window are met by hand in test_queries.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from statistics import median
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client

from footfall.errors import InvalidParameter
from footfall.query import NamedQuery, run
from tests.query.random_shop import CHANGES, Event, events
from tests.schema.support import event, insert

SHOP = [one for one in events() if one.user]
RANGE = {
    "from": (CHANGES[0] - timedelta(days=10)).isoformat(),
    "to": (CHANGES[1] + timedelta(days=10)).isoformat(),
}
Is = Callable[[Event], bool]
STEPS: dict[str, Is] = {
    "page_view": lambda one: one.kind == "page_view",
    "product_view": lambda one: one.kind == "product_view",
    "add_to_cart?country=United Kingdom": lambda one: one.kind == "add_to_cart" and one.country == "UK",
    "purchase?revenue>=50": lambda one: one.kind == "purchase" and one.cents >= 5000,
    "search?device_type!=mobile&browser=Safari": lambda one: (
        one.kind == "search" and one.device_type != "mobile" and one.browser == "Safari"
    ),
    "checkout?properties.plan=plain %26 simple%3F": lambda one: (
        one.kind == "checkout" and one.plan == "plain & simple?"
    ),
    "page_view?product_id=3": lambda one: one.kind == "page_view" and one.product == 3,
    "checkout?properties.none!=x": lambda one: one.kind == "checkout",
}
HOUR = 3_600_000


def times(mine: list[Event], steps: list[Is]) -> list[list[int]]:
    return [sorted(round(one.at.timestamp() * 1000) for one in mine if step(one)) for step in steps]


def ways(mine: list[Event], steps: list[Is], window_ms: int) -> list[list[int]]:
    """Of each step: the first way that reaches it, from the latest start there can be; empty without one."""
    found: list[list[int]] = []
    reached: list[list[int]] = []
    for number, moments in enumerate(times(mine, steps)):
        if number == 0:
            reached = [[at] for at in moments]
        else:
            longer = []
            for at in moments:
                before = [way for way in reached if way[-1] <= at]
                if before and at - before[-1][0] <= window_ms:
                    longer.append([*before[-1], at])
            reached = longer
        found.append(reached[0] if reached else [])
    return found


def brute(mine: list[Event], steps: list[Is], window_ms: int) -> int:
    """Steps reached, by trying every way."""
    for depth in range(len(steps), 0, -1):
        for way in product(*times(mine, steps[:depth])):
            if list(way) == sorted(way) and way[-1] - way[0] <= window_ms:
                return depth
    return 0


def by_shopper() -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = defaultdict(list)
    for one in SHOP:
        found[one.shopper].append(one)
    return found


async def ask(client: AsyncClient, query: NamedQuery, **params: str) -> list[dict[str, Any]]:
    return (await run(client, query, RANGE | params)).rows


def test_the_reference_is_right() -> None:
    chance = random.Random(3)
    for _ in range(30):
        steps = [STEPS[name] for name in chance.sample(list(STEPS), 3)]
        mine = chance.sample(SHOP, 40)
        assert brute(mine, steps, 20 * HOUR) == sum(map(bool, ways(mine, steps, 20 * HOUR)))


@pytest.mark.parametrize("seed", range(8))
async def test_ordered_funnels_of_any_steps(
    kept_client: AsyncClient, queries: dict[str, NamedQuery], seed: int
) -> None:
    chance = random.Random(seed)
    names = chance.sample(list(STEPS), chance.randint(2, len(STEPS)))
    window_ms = chance.choice([1, HOUR, 24 * HOUR, 200 * HOUR, 8_000 * HOUR])
    asked = {"steps": ",".join(names), "window_ms": str(window_ms)}
    found = {
        shopper: ways(mine, [STEPS[name] for name in names], window_ms)
        for shopper, mine in by_shopper().items()
    }
    rows = await ask(kept_client, queries["funnel"], **asked)
    expected = [sum(bool(way[step]) for way in found.values()) for step in range(len(names))]
    assert [row["users"] for row in rows] == expected
    assert [row["drop_off"] for row in rows][1:] == [before - after for before, after in pairwise(expected)]
    timed = await ask(kept_client, queries["funnel_times"], **asked)
    assert [row["users"] for row in timed] == expected
    for step in range(1, len(names)):
        took = sorted(way[step][-1] - way[step][-2] for way in found.values() if way[step])
        assert timed[step]["median_ms"] in ({took[len(took) // 2], median(took)} if took else {None})
    for step, outcome in product(range(1, len(names) + 1), ("reached", "dropped")):
        people = await ask(
            kept_client, queries["funnel_users"], **asked, step=str(step), outcome=outcome, limit="1000"
        )
        levels = {shopper: sum(map(bool, way)) for shopper, way in found.items()}
        assert {int(row["user_id"]) for row in people} == {
            shopper
            for shopper, level in levels.items()
            if (level >= step if outcome == "reached" else 0 < level == step - 1)
        }


async def test_unordered_funnels_and_a_user_of_two_countries(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    names = ["product_view", "page_view?product_id=3", "purchase?revenue>=50"]
    asked = {"steps": ",".join(names), "mode": "unordered"}
    levels: dict[int, int] = {}
    first: dict[int, str] = {}
    for shopper, mine in by_shopper().items():
        met = [any(STEPS[name](one) for one in mine) for name in names]
        levels[shopper] = [*met, False].index(False)
        starts = [one for one in mine if STEPS[names[0]](one)]
        if starts:
            first[shopper] = min(starts, key=lambda one: one.at).country
    whole = await ask(kept_client, queries["funnel"], **asked)
    assert [row["users"] for row in whole] == [sum(v >= s for v in levels.values()) for s in (1, 2, 3)]
    split = await ask(kept_client, queries["funnel"], **asked, by="country")
    assert {(row["value"], row["step"]): row["users"] for row in split} == {
        (country, step): sum(
            level >= step and first.get(shopper) == country for shopper, level in levels.items()
        )
        for country in set(first.values())
        for step in (1, 2, 3)
    }
    assert sum(row["users"] for row in split if row["step"] == 1) == whole[0]["users"], (
        "a user of two countries counts once"
    )
    for row in split:
        people = await ask(
            kept_client, queries["funnel_users"], **asked, by="country", value=row["value"],
            step=str(row["step"]),
        )  # fmt: skip
        assert len(people) == row["users"]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("page_view?colour=red,purchase", "conditions on country, device_type"),
        ("page_view?country,purchase", "which 'country' is not"),
        ("page_view?country=Atlantis,purchase", "a country by code or name"),
        ("page_view?revenue>=much,purchase", "a number behind >="),
        ("?country=US,purchase", "a type of event in each step"),
        ("page_view?,purchase", "conditions behind a question mark"),
        ("page_view?properties.=1,purchase", "conditions on country"),
        ("page_view,page_view", "2..12 different steps"),
        ("page_view", "2..12 different steps"),
    ],
)
async def test_steps_that_mean_nothing_are_refused(
    kept_client: AsyncClient, queries: dict[str, NamedQuery], steps: str, told: str
) -> None:
    with pytest.raises(InvalidParameter) as refused:
        await ask(kept_client, queries["funnel"], steps=steps)
    assert told in refused.value.message


async def test_a_funnel_has_up_to_twelve_steps(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    steps = ",".join(f"page_view?properties.none!={letter}" for letter in "abcdefghijkl")
    rows = await ask(kept_client, queries["funnel"], steps=steps, mode="unordered")
    viewers = sum(any(one.kind == "page_view" for one in mine) for mine in by_shopper().values())
    assert viewers > 0
    assert [row["users"] for row in rows] == [viewers] * 12


@pytest.fixture(scope="module")
def long_way(store_client: Client) -> list[Event]:
    """Shoppers on a way of twelve plain steps of types of their own: most go on, some leave one out, turn
    round, do two in one moment or begin again."""
    chance = random.Random(12)
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    shop: list[Event] = []
    for user in range(7_001, 7_081):
        at = began + timedelta(seconds=chance.randrange(3600))
        way = [number for number in range(12) if chance.random() < 0.97]
        if chance.random() < 0.3:
            first = chance.randrange(len(way) - 1)
            way[first : first + 2] = reversed(way[first : first + 2])
        if chance.random() < 0.3:
            way[chance.randrange(len(way)) : 0] = way[: chance.randrange(len(way))]
        for number in way[: chance.choice([3, 9, 10, 11, 24])]:
            shop.append(replace(SHOP[0], at=at, kind=f"long way {number + 1}", user=user))
            at += timedelta(milliseconds=chance.choice([0, 1, 60_000, chance.randrange(HOUR)]))
    rows = [event(one.kind, one.at, one.user) for one in shop]
    insert(store_client, "events", rows[::2], "long way 1")
    insert(store_client, "events", rows[1::2], "long way 2")
    return shop


@pytest.mark.parametrize(("count", "hours"), [(9, 3), (10, 4), (11, 6), (12, 24)])
async def test_funnels_of_many_plain_steps(
    client: AsyncClient, queries: dict[str, NamedQuery], long_way: list[Event], count: int, hours: int
) -> None:
    names = [f"long way {number + 1}" for number in range(count)]
    steps: list[Is] = [lambda one, name=name: one.kind == name for name in names]  # type: ignore[misc]
    mine: dict[int, list[Event]] = defaultdict(list)
    for one in long_way:
        mine[one.user].append(one)
    asked = {
        "from": min(one.at for one in long_way).isoformat(),
        "to": (max(one.at for one in long_way) + timedelta(milliseconds=1)).isoformat(),
        "steps": ",".join(names),
        "window_ms": str(hours * HOUR),
    }
    found = {user: ways(his, steps, hours * HOUR) for user, his in mine.items()}
    expected = [sum(bool(way[step]) for way in found.values()) for step in range(count)]
    for query in ("funnel", "funnel_times"):
        rows = (await run(client, queries[query], asked)).rows
        assert [row["users"] for row in rows] == expected, query
    people = (await run(client, queries["funnel_users"], asked | {"step": str(count)})).rows
    assert {int(row["user_id"]) for row in people} == {user for user, way in found.items() if way[-1]}
    done = [{one.kind for one in his} for his in mine.values()]
    whole = [sum(set(names[: step + 1]) <= kinds for kinds in done) for step in range(count)]
    assert 0 < expected[-1] < min(whole[-1], expected[-2])
    rows = (await run(client, queries["funnel"], asked | {"mode": "unordered"})).rows
    assert [row["users"] for row in rows] == whole
