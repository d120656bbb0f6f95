"""Optional filters prune: with a value the store reads a projection or a few granules, else everything."""

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.query import NamedQuery, explain
from footfall.query.explain import Read
from tests.conftest import empty
from tests.schema.support import merge

EVENTS = """
INSERT INTO footfall.events (event_id, event_type, event_timestamp, user_id, ingested_at)
SELECT
    generateUUIDv4(), ['page_view', 'product_view', 'add_to_cart', 'purchase'][1 + number % 4],
    now64(3) - toIntervalSecond(number * 10), 1 + intHash64(number) % 5000,
    now64(3) - toIntervalSecond(number * 10)
FROM numbers(200000)
"""
ORDERS = """
INSERT INTO footfall.orders (entry_id, order_id, user_id, product_id, order_timestamp, status, quantity)
SELECT
    generateUUIDv4(), toString(number), 1 + intHash64(number) % 5000, 1 + intHash64(number) % 900,
    now64(3) - toIntervalSecond(number * 60), ['completed', 'completed', 'refunded'][1 + number % 3], 1
FROM numbers(100000)
"""
USERS = """
INSERT INTO footfall.users (user_id, external_id, country, registration_date)
SELECT number + 1, toString(number + 1), ['DE', 'FR', 'UK', 'US'][1 + number % 4], today() - number % 900
FROM numbers(100000)
"""


@pytest.fixture(scope="module", autouse=True)
def filled(config: Config, store_client: Client) -> None:
    empty(store_client)
    for insert in (EVENTS, ORDERS, USERS):
        store_client.command(insert)
    merge(store_client, ("events", "orders", "users"))


async def read(client: AsyncClient, query: NamedQuery, **params: str) -> Read:
    """The read of the plan that costs most."""
    plan = await explain(client, query, params)
    assert plan.reads, plan.lines
    return max(plan.reads, key=lambda read: read.granules)


@pytest.mark.parametrize(
    ("name", "params", "source"),
    [
        ("order_history", {"user_id": "17"}, "proj_by_user"),
        ("order_history", {"product_id": "17"}, "proj_by_product"),
        ("live_series", {}, "proj_by_timestamp"),
        ("live_cards", {}, "proj_by_timestamp"),
        ("devices", {"from": "today-6d"}, "proj_daily_devices"),
        ("sources", {"by": "utm_medium"}, "proj_daily_sources"),
        ("sources", {"by": "referrer"}, "footfall.events"),
    ],
)
async def test_a_filter_chooses_the_projection_that_serves_it(
    client: AsyncClient, queries: dict[str, NamedQuery], name: str, params: dict[str, str], source: str
) -> None:
    plan = await explain(client, queries[name], params)
    assert source in {read.source for read in plan.reads}, "\n".join(plan.lines)


@pytest.mark.parametrize(
    ("name", "broad", "narrow"),
    [
        ("order_history", {}, {"status": "refunded"}),
        ("order_history", {}, {"from": "today-1d"}),
        ("user_lookup", {}, {"country": "FR"}),
        ("latest_events", {"after": "today-60d"}, {}),
        ("funnel", {}, {"steps": "purchase,refund"}),
        ("properties", {}, {"from": "today-1d"}),
        ("event_search", {"from": "today-60d"}, {"from": "today-60d", "event_type": "purchase"}),
    ],
)
async def test_a_filter_reads_fewer_granules(
    client: AsyncClient,
    queries: dict[str, NamedQuery],
    name: str,
    broad: dict[str, str],
    narrow: dict[str, str],
) -> None:
    everything = await read(client, queries[name], **broad)
    part = await read(client, queries[name], **narrow)
    assert part.granules < everything.granules
