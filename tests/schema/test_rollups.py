"""Each rollup equals its raw rows, to the row and the cent, whatever is inserted, sent again or merged."""

from collections import Counter, defaultdict
from collections.abc import Hashable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from footfall.config import Config
from tests.conftest import empty
from tests.schema.support import event, insert, merge, moment, order, rows

TODAY = datetime.now(UTC).date()
KINDS = ("page_view", "product_view", "add_to_cart", "checkout", "purchase", "refund", "search", "login")
STATUSES = ("pending", "completed", "cancelled", "refunded", "adjusted")
BOUNDED = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

cents = st.integers(-99_999_999, 99_999_999).map(lambda n: Decimal(n) / 10_000)
seconds = st.integers(-40 * 86_400_000, 0).map(lambda n: n / 1000)
events = st.builds(
    lambda kind, when, user, session, country, money: event(
        kind,
        moment(TODAY, when),
        user,
        session_id=session,
        country=country,
        revenue=str(money if kind in {"purchase", "refund"} else 0),
    ),
    st.sampled_from(KINDS),
    seconds,
    st.integers(0, 6),
    st.sampled_from(["", "a", "b", "c"]),
    st.sampled_from(["US", "UK", "ZZ"]),
    cents,
)
orders = st.builds(
    lambda number, status, when, product, quantity, money: order(
        str(number),
        status,
        moment(TODAY, when),
        product_id=product,
        quantity=quantity,
        total_amount=str(money),
    ),
    st.integers(0, 8),
    st.sampled_from(STATUSES),
    seconds,
    st.integers(1, 3),
    st.integers(-3, 3),
    cents,
)
# A block, and how often it is sent: a retry is the same rows under the same token.
blocks_of_events = st.lists(
    st.tuples(st.lists(events, min_size=1, max_size=20), st.integers(1, 3)), min_size=1, max_size=4
)
blocks_of_orders = st.lists(
    st.tuples(st.lists(orders, min_size=1, max_size=20), st.integers(1, 3)), min_size=1, max_size=4
)


@BOUNDED
@given(blocks=blocks_of_events, merged=st.booleans())
def test_rollups_of_events_equal_the_raw_rows(
    store_client: Client, fresh_store: Config, blocks: list[tuple[list[dict[str, Any]], int]], merged: bool
) -> None:
    empty(store_client)
    send(store_client, "events", blocks)
    if merged:
        merge(store_client)
    raw = [row for block, _ in blocks for row in block]
    assert rows(store_client, "SELECT count() FROM footfall.events") == [(len(raw),)]
    assert found(store_client, HOURLY) == hourly(raw)
    assert found(store_client, COUNTRIES) == countries(raw)
    assert found(store_client, FUNNEL) == funnel(raw)
    assert found(store_client, ACTIVITY) == activity(raw)


@BOUNDED
@given(blocks=blocks_of_orders, merged=st.booleans())
def test_the_rollup_of_orders_equals_the_ledger(
    store_client: Client, fresh_store: Config, blocks: list[tuple[list[dict[str, Any]], int]], merged: bool
) -> None:
    empty(store_client)
    send(store_client, "orders", blocks)
    if merged:
        merge(store_client)
    raw = [row for block, _ in blocks for row in block]
    assert rows(store_client, "SELECT count() FROM footfall.orders") == [(len(raw),)]
    assert found(store_client, PRODUCTS) == products(raw)


def test_a_row_whose_sums_cancel_keeps_its_orders_and_its_name(
    store_client: Client, fresh_store: Config
) -> None:
    placed = moment(TODAY, -3600)
    for sign in (1, -1):
        lines = [
            order("o1", "pending", placed, product_id=7, quantity=2 * sign, total_amount=f"{10.5 * sign}")
        ]
        insert(store_client, "orders", lines, f"cancel{sign}")
    done = [order("o2", "completed", placed, product_id=7, quantity=1, total_amount="3")]
    insert(store_client, "orders", done, "cancel-done")
    for _ in range(2):
        assert found(store_client, PRODUCTS) == {
            (7, placed.date(), "pending"): (1, Decimal(0), 0),
            (7, placed.date(), "completed"): (1, Decimal(3), 1),
        }
        merge(store_client, ["mv_product_revenue"])


def test_avg_order_value_is_revenue_by_distinct_order_also_in_parts_that_are_not_merged(
    store_client: Client, fresh_store: Config
) -> None:
    placed = moment(TODAY, -3600)
    for number, (name, amount) in enumerate([("o1", "10"), ("o1", "5"), ("o2", "9")]):
        lines = [order(name, "completed", placed, line_id=str(number), product_id=7, total_amount=amount)]
        insert(store_client, "orders", lines, f"average{number}")
    final = "SELECT product_id, avg_order_value FROM footfall.mv_product_revenue FINAL"
    assert rows(store_client, final) == [(7, 12.0)]
    merge(store_client, ["mv_product_revenue"])
    assert rows(store_client, final.removesuffix(" FINAL")) == [(7, 12.0)]


def test_nobody_is_counted_in_totals_and_never_as_a_user(store_client: Client, fresh_store: Config) -> None:
    when = moment(TODAY, -60)
    insert(store_client, "events", [event("page_view", when, user) for user in (0, 0, 5)], "nobody")
    (key,) = hourly([event("page_view", when, 0)])
    assert found(store_client, HOURLY) == {key: (3, 1, Decimal(0))}


def test_a_block_of_four_months_that_is_sent_three_times_counts_once(
    store_client: Client, fresh_store: Config
) -> None:
    block = [event("page_view", moment(TODAY, -86_400 * day), 1) for day in range(85)]
    send(store_client, "events", [(block, 3)])
    assert rows(store_client, "SELECT count() FROM footfall.events") == [(85,)]
    assert found(store_client, HOURLY) == hourly(block)
    assert found(store_client, FUNNEL) == funnel(block)


def send(client: Client, table: str, blocks: list[tuple[list[dict[str, Any]], int]]) -> None:
    """Inserts each block as often as it says, always under its own token."""
    for block, times in blocks:
        token = str(uuid4())
        for _ in range(times):
            insert(client, table, block, token)


def found(client: Client, query: tuple[str, int]) -> dict[Hashable, tuple[Any, ...]]:
    """A rollup's answer: the key's columns, and the rest."""
    sql, width = query
    return {row[:width]: row[width:] for row in rows(client, sql)}


HOURLY = (
    "SELECT event_date, event_hour, event_type, sum(event_count), uniqMerge(unique_users), sum(total_revenue)"
    " FROM footfall.mv_hourly_events GROUP BY event_date, event_hour, event_type",
    3,
)
COUNTRIES = (
    "SELECT country, event_date, sum(event_count), uniqMerge(unique_users),"
    " sum(mv_country_stats.revenue), sum(purchase_count)"
    " FROM footfall.mv_country_stats GROUP BY country, event_date",
    2,
)
FUNNEL = (
    "SELECT user_id, event_date, countMerge(total_events), sumMerge(page_views), sumMerge(product_views),"
    " sumMerge(add_to_cart), sumMerge(checkouts), sumMerge(purchases), sumMerge(mv_user_funnel.revenue)"
    " FROM footfall.mv_user_funnel GROUP BY user_id, event_date",
    2,
)
ACTIVITY = (
    "SELECT user_id, activity_date, sum(activity_count), uniqMerge(event_types_used)"
    " FROM footfall.daily_user_activity GROUP BY user_id, activity_date",
    2,
)
PRODUCTS = (
    "SELECT product_id, order_date, status, uniqMerge(order_count), sum(total_revenue), sum(total_quantity)"
    " FROM footfall.mv_product_revenue GROUP BY product_id, order_date, status",
    3,
)


def groups(raw: list[dict[str, Any]], *key: str) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    grouped: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in raw:
        when = datetime.fromisoformat(row.get("event_timestamp") or row["order_timestamp"])
        parts = row | {"date": when.date(), "hour": when.hour}
        grouped[tuple(parts[name] for name in key)].append(row)
    return grouped


def users(members: list[dict[str, Any]]) -> int:
    return len({row["user_id"] for row in members} - {0})


def money(members: list[dict[str, Any]], column: str = "revenue") -> Decimal:
    return sum((Decimal(row[column]) for row in members), Decimal(0))


def hourly(raw: list[dict[str, Any]]) -> dict[Hashable, tuple[Any, ...]]:
    return {
        key: (len(members), users(members), money(members))
        for key, members in groups(raw, "date", "hour", "event_type").items()
    }


def countries(raw: list[dict[str, Any]]) -> dict[Hashable, tuple[Any, ...]]:
    return {
        key: (
            len(members),
            users(members),
            money(members),
            sum(row["event_type"] == "purchase" for row in members),
        )
        for key, members in groups(raw, "country", "date").items()
    }


def funnel(raw: list[dict[str, Any]]) -> dict[Hashable, tuple[Any, ...]]:
    steps = ("page_view", "product_view", "add_to_cart", "checkout", "purchase")
    answer: dict[Hashable, tuple[Any, ...]] = {}
    for key, members in groups(raw, "user_id", "date").items():
        kinds = Counter(row["event_type"] for row in members)
        answer[key] = (len(members), *(kinds[step] for step in steps), money(members))
    return answer


def activity(raw: list[dict[str, Any]]) -> dict[Hashable, tuple[Any, ...]]:
    return {
        key: (len(members), len({row["event_type"] for row in members}))
        for key, members in groups(raw, "user_id", "date").items()
    }


def products(raw: list[dict[str, Any]]) -> dict[Hashable, tuple[Any, ...]]:
    return {
        key: (
            len({row["order_id"] for row in members}),
            money(members, "total_amount"),
            sum(int(row["quantity"]) for row in members),
        )
        for key, members in groups(raw, "product_id", "date", "status").items()
    }
