"""Who asks for some events alone gets these, all of them, and nothing else; nobody else pays for it."""

from typing import Any

import pytest

from footfall.errors import InvalidParameter, Overloaded
from footfall.live.hub import FILTERS, Hub
from footfall.live.replay import REPLAY_S
from footfall.live.wanted import EVERYTHING, LONGEST, Wanted
from tests.live.test_hub import take

EVENT = {"event_type": "search", "country": "DE", "external_id": "cust-77", "user_id": "9223372036854775999"}
EVENT |= {"page_url": "/Lamps", "product_id": "12", "order_id": "o-1", "search_term": "Lampe"}


def event(number: int, **fields: str) -> dict[str, Any]:
    return EVENT | {"event_id": str(number), "ingested_at": f"{number:03}"} | fields


def ids(frames: list[tuple[str, Any, str | None]]) -> list[str]:
    return [one["event_id"] for kind, value, _ in frames if kind == "events" for one in value["events"]]


def publish(hub: Hub, *events: dict[str, Any]) -> None:
    """As the poller does: all events for everybody, and those that are asked for alone."""
    hub.publish("events", {"events": list(events)})
    for wanted in hub.filters():
        if found := [one for one in events if wanted.matches(one)]:
            hub.publish("events", {"events": found}, wanted)


@pytest.mark.parametrize(
    ("given", "matches"),
    [
        ({}, True),
        ({"event_type": "search"}, True),
        ({"event_type": "purchase"}, False),
        ({"country": "DE"}, True),
        ({"country": "germany"}, True),
        ({"country": "FR"}, False),
        ({"find": "CUST-7"}, True),
        ({"find": "lamps"}, True),
        ({"find": " lampe "}, True),
        ({"find": "nowhere"}, False),
        ({"event_type": "search", "country": "DE", "find": "o-1"}, True),
        ({"event_type": "search", "country": "FR", "find": "o-1"}, False),
    ],
)
def test_an_event_matches_all_that_is_asked_for(given: dict[str, str], matches: bool) -> None:
    assert Wanted.of(given).matches(EVENT) is matches


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"user": "1"}, "it takes event_type, country, find"),
        ({"country": "Atlantis"}, "country is no country"),
        ({"find": "x" * (LONGEST + 1)}, "more than 200 characters"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        Wanted.of(given)


async def test_each_gets_what_it_asks_for() -> None:
    hub = Hub()
    germany = Wanted(country="DE")
    all_of_it, some, same = hub.join(None), hub.join(None, germany), hub.join(None, germany)
    publish(hub, event(1), event(2, country="FR"))
    publish(hub, event(3, country="FR"))
    assert ids(take(all_of_it)) == ["1", "2", "3"]
    assert ids(take(some)) == ids(take(same)) == ["1"]


async def test_a_new_one_begins_with_those_that_are_kept() -> None:
    hub = Hub()
    france = Wanted(country="FR")
    publish(hub, event(1), event(2, country="FR"), event(3))
    hub.join(None, france)
    # As where the sample for everybody does not hold what was found for the filter.
    hub.publish("events", {"events": [event(5, country="FR"), event(4, country="FR")]}, france)
    publish(hub, event(6, country="FR"))
    assert ids(take(hub.join(None, france))) == ["2", "4", "5", "6"]


async def test_it_is_resumed_without_gap_or_repeat() -> None:
    now = 0.0
    hub = Hub(clock=lambda: now)
    france = Wanted(country="FR")
    page = hub.join(None, france)
    publish(hub, event(1, country="FR"))
    last_id = take(page)[-1][2]
    hub.leave(page)
    now += REPLAY_S - 1
    publish(hub, event(2), event(3, country="FR"))
    frames = take(hub.join(last_id, france))
    assert ids(frames) == ["3"] and frames[0][0] == "events"
    assert take(hub.join(last_id, Wanted(country="DE")))[0][0] == "reset", "it was not watched"


async def test_what_nobody_comes_back_to_is_not_looked_for() -> None:
    now = 0.0
    hub = Hub(clock=lambda: now)
    page = hub.join(None, Wanted(find="x"))
    now += REPLAY_S + 1
    assert hub.filters() == [Wanted(find="x")]
    hub.leave(page)
    assert hub.filters() == [Wanted(find="x")]
    now += REPLAY_S + 1
    assert hub.filters() == []


async def test_there_are_so_many_filters_and_one_that_was_left_makes_room() -> None:
    hub = Hub()
    pages = [hub.join(None, Wanted(find=str(number))) for number in range(FILTERS)]
    with pytest.raises(Overloaded, match="different filters"):
        hub.join(None, Wanted(find="one more"))
    assert hub.subscribers == FILTERS
    hub.join(None, Wanted(find="0"))
    hub.join(None, EVERYTHING)
    hub.leave(pages[7])
    hub.join(None, Wanted(find="one more"))
    assert Wanted(find="7") not in hub.filters()
