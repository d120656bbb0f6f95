"""Bots in the store: no named query counts them as visitors, sessions, steps, buyers or conversions."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from footfall import store
from footfall.config import Config
from footfall.query import NamedQuery, catalogue, run
from tests.ingest.agents import CHROME, GOOGLEBOT, GPTBOT
from tests.ingest.client import Client
from tests.ingest.make import new_id

STEPS = ("page_view", "search", "product_view", "add_to_cart", "checkout", "purchase")
# Columns that tell of all events, bots' too, and the times of the newest.
OF_ALL_EVENTS = {
    *("events", "event_count", "events_without_user", "events_last_minute", "events_per_minute"),
    *("newest_event", "last_event", "latest", "ingest_lag_ms"),
}
BOTS = {"bot", "Googlebot", "GPTBot", "curl"}


def journey(
    user: str, session: str, agent: str | None, steps: tuple[str, ...] = STEPS
) -> list[dict[str, Any]]:
    """Steps of one shopper, a second apart, two minutes ago."""
    start = time.time() - 120
    shared = {
        "user_id": user,
        "session_id": session,
        "country": "DE",
        "product_id": "1",
        "utm_source": "mail",
    }
    if agent is not None:
        shared["user_agent"] = agent
    return [
        {"event_type": step, "event_id": new_id(), "event_timestamp": start + n, "properties": {"a": "b"}}
        | shared
        for n, step in enumerate(steps)
    ]


def parameters(query: NamedQuery, moment: datetime) -> dict[str, str]:
    """Values that hold the range still between two runs."""
    given = {
        "from": (moment - timedelta(days=1)).isoformat(),
        "to": (moment + timedelta(days=1)).isoformat(),
        "after": (moment - timedelta(hours=1)).isoformat(),
        "at": moment.isoformat(),
    }
    given |= {p.name: "1" for p in query.parameters if p.required} | {"session_id": "s-1", "property": "a"}
    return {p.name: given[p.name] for p in query.parameters if p.name in given}


async def answers(config: Config, moment: datetime) -> dict[str, list[dict[str, Any]]]:
    client = await store.connect_async(config, "reader")
    try:
        return {
            name: (await run(client, query, parameters(query, moment))).rows
            for name, query in catalogue(config).items()
        }
    finally:
        await client.close()


def of_people(rows: list[dict[str, Any]]) -> list[str]:
    """Rows without those that are a bot's own, and without what counts all events."""
    return sorted(
        str({name: value for name, value in row.items() if name not in OF_ALL_EVENTS})
        for row in rows
        if not any(str(value) in BOTS or str(value).startswith("bot_") for value in row.values())
    )


@pytest.fixture
async def asked(shop: Client) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every named query's answer to three people, and to the same with three bots among them."""
    moment = datetime.now(UTC)
    people = [
        *journey("1", "s-1", CHROME),
        *journey("2", "s-2", CHROME, STEPS[:3]),
        *journey("3", "s-3", None, STEPS[:1]),
    ]
    shop.post("events", people, wait=True)
    before = await answers(shop.config, moment)
    bots = [
        *journey("1", "s-1", GOOGLEBOT),
        *journey("4", "s-4", GPTBOT),
        *journey("crawler", "s-5", "curl/8.5.0", STEPS * 3),
    ]
    answer = shop.post("events", bots, wait=True)
    assert (answer.status, answer.body["accepted"]) == (200, len(bots))
    return before, await answers(shop.config, moment)


async def test_bots_change_no_figure_of_people(asked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = asked
    changed = {name for name in before if of_people(before[name]) != of_people(after[name])}
    assert changed == {"arrivals", "ingest_health"}  # what was accepted, whoever sent it
    (stats,) = after["stats"]
    assert (stats["visitors"], stats["sessions"], stats["page_views"]) == (3, 3, 3)
    assert stats["conversion"] == pytest.approx(100 / 3, abs=0.001)
    assert stats["events"] == 10 + 30


async def test_bots_can_be_looked_at(asked: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, after = asked
    devices = {row["value"]: row for row in after["devices"]}
    assert (devices["bot"]["events"], devices["bot"]["unique_users"], devices["bot"]["purchases"]) == (
        30,
        0,
        0,
    )
    types = {row["event_type"]: row for row in after["event_types"]}
    assert types["bot_page_view"]["event_count"] == 5
    names = {row["browser"] for row in after["latest_events"] if row["event_type"] == "bot_search"}
    assert names == {"Googlebot", "GPTBot", "curl"}


async def test_bots_become_no_users(asked: tuple[dict[str, Any], dict[str, Any]], config: Config) -> None:
    with store.connect(config, "footfall") as client:
        names = client.query("SELECT external_id FROM users").result_rows
    assert ("crawler",) not in names
