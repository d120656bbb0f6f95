"""Whatever events arrive, in whatever blocks: query on the rollup = its twin = the same counted in Python."""

import itertools
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from footfall import store
from footfall.config import Config
from footfall.query import NamedQuery, prove
from tests.conftest import empty
from tests.schema.support import event, insert

START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
RANGE = {"from": START.date().isoformat(), "to": (START + timedelta(days=2)).date().isoformat()}
STEPS = ["page_view", "product_view", "add_to_cart", "checkout", "purchase"]
KNOWN = {90: 1, 91: 2}  # anonymous ids that turned out to be users
_tokens = itertools.count()

Event = tuple[str, int, int]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.sampled_from([0, 1, 2, 3, 90, 91]),
        st.integers(0, 2 * 86_400_000 - 1)
        | st.sampled_from([0, 3_599_999, 3_600_000, 86_399_999, 86_400_000]),
    ),
    max_size=25,
)


def cents(kind: str, moment: int) -> int:
    return moment % 10_000 if kind == "purchase" else 0


def activity(events: list[Event], part: Callable[[datetime], str]) -> dict[str, tuple[int, int, int]]:
    """Events, users and cents by a part of time."""
    found: dict[str, list[Event]] = defaultdict(list)
    for found_event in events:
        found[part(START + timedelta(milliseconds=found_event[2]))].append(found_event)
    return {
        key: (len(of), len({user for _, user, _ in of if user}), sum(cents(kind, ms) for kind, _, ms in of))
        for key, of in found.items()
    }


def funnel(events: list[Event]) -> list[int]:
    done: dict[int, set[str]] = defaultdict(set)
    for kind, user, _ in events:
        if user:
            done[KNOWN.get(user, user)].add(kind)
    return [sum(set(STEPS[:depth]) <= kinds for kinds in done.values()) for depth in range(1, 6)]


async def answers(client: AsyncClient, query: NamedQuery) -> list[dict[str, Any]]:
    proof = await prove(client, query, RANGE, attempts=1)
    assert proof.verdict == "equal", (query.name, proof.differences)
    return proof.answer.rows


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, cut=st.integers(0, 25))
async def test_rollups_twins_and_python_agree(
    config: Config, store_client: Client, queries: dict[str, NamedQuery], events: list[Event], cut: int
) -> None:
    empty(store_client)
    linked = [{"anonymous_id": a, "user_id": u, "linked_at": RANGE["from"]} for a, u in KNOWN.items()]
    insert(store_client, "identities", linked, f"identities {next(_tokens)}")
    for block in filter(None, (events[:cut], events[cut:])):
        rows = [
            event(kind, START + timedelta(milliseconds=ms), user, revenue=f"{cents(kind, ms) / 100:.2f}")
            for kind, user, ms in block
        ]
        insert(store_client, "events", rows, f"events {next(_tokens)}")

    client = await store.connect_async(config, "reader")
    try:
        for name, key, part in (
            ("daily_activity", "day", lambda moment: moment.date().isoformat()),
            ("hourly_activity", "hour", lambda moment: moment.strftime("%Y-%m-%d %H:00:00+00:00")),
            ("hour_of_day", "hour", lambda moment: str(moment.hour)),
        ):
            found = {
                str(row[key]): (row["event_count"], row["unique_users"], int(row["revenue"] * 100))
                for row in await answers(client, queries[name])
                if row["event_count"]
            }
            assert found == activity(events, part), name
        assert [row["users"] for row in await answers(client, queries["conversion_funnel"])] == funnel(events)
        (stats,) = await answers(client, queries["stats"])
        assert stats["events"] == len(events)
        assert stats["visitors"] == len({user for _, user, _ in events if user})
        (people,) = await answers(client, queries["people"])
        assert people["people"] == len({KNOWN.get(user, user) for _, user, _ in events if user})
    finally:
        await client.close()
