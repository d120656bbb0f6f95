"""Links of shoppers: whatever the chain of ids, one person is one, before and after."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient
from hypothesis import given
from hypothesis import strategies as st

from footfall.ingest import chunks, events
from footfall.ingest.batch import Batch
from footfall.ingest.identities import Link, on_its_way, shortened
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import IDENTITIES
from footfall.ingest.receipts import new_batch_id
from footfall.model import anonymous_number, numeric_id
from tests.ingest.client import Client, settle
from tests.ingest.make import NOW_MS, new_id

LATEST = "SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) FROM identities GROUP BY anonymous_id"
PEOPLE = """
    SELECT uniqExact(if(linked.user_id != 0, linked.user_id, events.user_id)), uniqExact(events.user_id)
    FROM events
    LEFT JOIN (SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id FROM identities
               GROUP BY anonymous_id) AS linked ON events.user_id = linked.anonymous_id"""


def latest(client: StoreClient) -> dict[int, int]:
    return {row[0]: row[1] for row in client.query(LATEST).result_rows}


def send(shop: Client, kind: str, item: dict[str, Any]) -> None:
    assert shop.post(kind, item, wait=True).status == 200


def alias(shop: Client, previous: str, user: str, at: int) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {shop.config.write_key}"}
    text = f'{{"type":"alias","previousId":"{previous}","userId":"{user}","timestamp":{at}}}'
    assert shop.request("POST", "/v1/alias", text.encode(), headers).status == 200


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)], ids=str)
def test_an_anonymous_id_that_became_a_user_that_became_another_is_one_person(
    shop: Client, store_client: StoreClient, order: tuple[int, ...]
) -> None:
    browser, first, second, last = new_id("anon"), new_id("user"), new_id("user"), new_id("user")
    for name in (first, second, last):
        send(shop, "events", {"event_type": "page_view", "user_id": name})
    send(shop, "events", {"event_type": "page_view", "anonymous_id": browser})
    steps = [
        lambda: send(shop, "events", {"event_type": "login", "anonymous_id": browser, "user_id": first}),
        lambda: alias(shop, first, second, NOW_MS - 2_000),
        lambda: alias(shop, second, last, NOW_MS - 1_000),
    ]
    for number in order:
        steps[number]()
        settle(shop)  # each in a block of its own
    people, ids = store_client.query(PEOPLE).result_rows[0]
    assert (people, ids) == (1, 4)
    led = latest(store_client)
    assert {led[anonymous_number(browser)], led[numeric_id(first)]} == {numeric_id(last)}


def test_links_of_one_block_and_links_that_go_round(shop: Client, store_client: StoreClient) -> None:
    one, other = new_id("user"), new_id("user")
    send(shop, "events", {"event_type": "page_view", "user_id": one})
    send(shop, "events", {"event_type": "page_view", "user_id": other})
    alias(shop, one, other, NOW_MS - 2_000)
    alias(shop, other, one, NOW_MS - 1_000)
    settle(shop)
    assert store_client.query(PEOPLE).result_rows == [(1, 2)]
    assert latest(store_client)[numeric_id(one)] == numeric_id(one)


async def test_who_waits_for_a_link_waits_for_its_own(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, 1 << 30)

    async def link(anonymous: int) -> int:
        row = [events.link(anonymous, 2, NOW_MS)._replace(month=202501)]
        return (await inbox.accept(Batch(new_batch_id(NOW_MS), [row], []))).chunks[IDENTITIES.name]

    first, second, last = [await link(number) for number in (1, 2, 3)]
    keys = [number.to_bytes(16) for number in range(5)]
    with closing(inbox.connect()) as connection:
        inbox.run(lambda connection: chunks.fix(connection, IDENTITIES.name, 7, 1))  # its INSERT is under way
        assert [on_its_way(connection, [key]) for key in keys] == [0, first, second, last, 0]
        assert on_its_way(connection, keys[1:3]) == second
        inbox.run(lambda connection: chunks.forget(connection, IDENTITIES.name, 7))
        assert [on_its_way(connection, [key]) for key in keys] == [0, 0, second, last, 0]
    inbox.close()


@given(st.dictionaries(st.integers(1, 8), st.tuples(st.integers(1, 8), st.integers(0, 5)), max_size=8))
def test_ids_that_hang_together_are_one_person_after_one_step(links: dict[int, tuple[int, int]]) -> None:
    given_ = {one: Link(user, at, one) for one, (user, at) in links.items()}
    found = {**given_, **shortened(given_)}
    groups: dict[int, set[int]] = {number: {number} for number in range(1, 9)}
    for one, (user, _) in links.items():
        together = groups[one] | groups[user]
        for member in together:
            groups[member] = together
    for group in groups.values():
        assert len({found[one].user_id if one in found else one for one in group}) == 1
    assert shortened(found) == {}
