"""`footfall doctor --schema` finds what is wrong with a schema, and nothing wrong with Footfall's."""

import re
from collections.abc import Callable, Iterator

import pytest
from clickhouse_connect.driver.client import Client

from footfall.schema.review import faults

Review = Callable[..., list[str]]
LOGGED = "non_replicated_deduplication_window = 100"
BASE = (
    "CREATE TABLE review.base (day Date, at DateTime, country String, plan String, user_id UInt64, x Float64)"
    f" ENGINE = MergeTree ORDER BY day SETTINGS {LOGGED}"
)


@pytest.fixture
def review(store_client: Client) -> Iterator[Review]:
    """Faults of a database that some statements make."""
    store_client.command("CREATE DATABASE review")

    def reviewed(*statements: str) -> list[str]:
        for statement in statements:
            store_client.command(statement)
        return list(faults(store_client, "review"))

    yield reviewed
    store_client.command("DROP DATABASE review SYNC")


def rollup(
    name: str, columns: str, select: str, engine: str = "SummingMergeTree", key: str = "day"
) -> tuple[str, str]:
    """A rollup of `review.base`, and the view that feeds it."""
    return (
        f"CREATE TABLE review.{name} ({columns}) ENGINE = {engine} ORDER BY ({key}) SETTINGS {LOGGED}",
        f"CREATE MATERIALIZED VIEW review.{name}_feed TO review.{name} AS SELECT {select}",
    )


def test_footfalls_own_schema_has_no_fault(store_client: Client) -> None:
    assert list(faults(store_client, "footfall")) == []


def test_the_briefs_design_taken_literally_is_found_out(store_client: Client, brief: str) -> None:
    whole_rows = [f"events.proj_by_{name}" for name in ("country", "user", "timestamp", "product", "session")]
    whole_rows += [f"orders.proj_by_{name}" for name in ("user", "product", "amount")]
    tables = ["mv_hourly_events", "mv_user_funnel", "mv_country_stats", "daily_user_activity"]
    tables = ["events", "orders", *(f"{view} (its table)" for view in (*tables, "mv_product_revenue"))]
    expected = {
        "mv_hourly_events: unique_users is uniq as a plain value",
        "mv_country_stats: unique_users is uniq as a plain value",
        "daily_user_activity: event_types_used is uniq as a plain value",
        "mv_product_revenue: avg_order_value is avg as a plain value",
        *(f"{name} holds whole rows" for name in whole_rows),
        *(f"{name} keeps no log of inserted blocks" for name in tables),
    }
    found = [re.split(r", and |(?<=rows): |(?<=blocks): ", line)[0] for line in faults(store_client, brief)]
    assert sorted(found) == sorted(expected)


def test_values_that_do_not_add_up_are_found_in_columns_that_are_added_up(review: Review) -> None:
    expressions = {
        "countDistinct(user_id)": "uniqExact",
        "count(DISTINCT user_id)": "uniqExact",
        "uniqHLL12(user_id)": "uniqHLL12",
        "uniqIf(user_id, plan = 'gold')": "uniqIf",
        "round(avg(x), 2)": "avg",
        "sum(x) / count()": "a quotient of sum and count",
        "if(count() = 0, 0, 100 * sumIf(x, x > 1) / sum(x))": "a quotient of sumIf and sum",
        "max(x)": "max",
        "any(x)": "any",
        "sumDistinct(x)": "sumDistinct",
        "sum(x)": None,
        "toFloat64(count()) / 2": None,
        "sum(x) - sumIf(x, plan = 'gold')": None,
    }
    named = [f"{expression} AS n{at}" for at, expression in enumerate(expressions)]
    columns = ", ".join(f"n{at} Float64" for at in range(len(named)))
    select = f"day, {', '.join(named)} FROM review.base GROUP BY day"
    found = review(BASE, *rollup("added", f"day Date, {columns}", select))
    assert [line.partition(", and ")[0] for line in found] == [
        f"added_feed: n{at} is {told} as a plain value"
        for at, told in enumerate(expressions.values())
        if told is not None
    ]
    assert all("added (SummingMergeTree) adds them up when parts merge" in line for line in found)


def test_states_add_up_and_what_is_kept_is_told_from_what_is_added(review: Review) -> None:
    found = review(
        BASE,
        *rollup(
            "states",
            "day Date, people AggregateFunction(uniq, UInt64), best SimpleAggregateFunction(max, Float64),"
            " n UInt64, last DateTime, plan String",
            "day, uniqState(user_id) AS people, max(x) AS best, count() AS n, max(at) AS last,"
            " any(plan) AS plan FROM review.base GROUP BY day",
        ),
        *rollup(
            "latest",
            "day Date, n UInt64",
            "day, count() AS n FROM review.base GROUP BY day",
            "ReplacingMergeTree",
        ),
    )
    assert [line.partition(" when ")[0] for line in found] == [
        "latest_feed: n is count as a plain value, and latest (ReplacingMergeTree) keeps any one of them",
        "states_feed: last is max as a plain value, and states (SummingMergeTree) keeps any one of them",
    ]


def test_each_select_of_a_union_is_read_and_named_columns_alone_are_added_up(review: Review) -> None:
    found = review(
        BASE,
        *rollup(
            "named",
            "day Date, u UInt64, n Float64",
            "day, uniq(user_id) AS u, toFloat64(count()) AS n FROM review.base GROUP BY day"
            " UNION ALL SELECT day, toUInt64(1), avg(x) FROM review.base GROUP BY 1",
            "SummingMergeTree((n))",
        ),
    )
    assert [line.partition(" when ")[0] for line in found] == [
        "named_feed: u is uniq as a plain value, and named (SummingMergeTree) keeps any one of them",
        "named_feed: n is avg as a plain value, and named (SummingMergeTree) adds them up",
    ]


def test_a_group_that_the_key_does_not_hold_is_found_however_it_is_written(review: Review) -> None:
    selects = (
        "day, country, plan, count() AS n FROM review.base GROUP BY day, country, plan",
        "day, country, plan, count() AS n FROM review.base GROUP BY ALL",
        "day, country, plan, count() AS n FROM review.base GROUP BY 1, 2, 3",
        "toDate(b.at) AS day, upper(b.country) AS country, lower(b.plan) AS plan, count() AS n"
        " FROM review.base AS b GROUP BY toDate(b.at), upper(b.country), plan",
        "b.day AS day, b.country AS country, b.plan AS plan, count() AS n FROM review.base AS b"
        " GROUP BY b.day, country, b.plan",
    )
    columns = "day Date, country String, plan String, n UInt64"
    made = [BASE]
    for at, select in enumerate(selects):
        made += rollup(f"lacks{at}", columns, select, key="day, country")
        made += rollup(f"holds{at}", columns, select, key="day, country, plan")
        made += rollup(f"rows{at}", columns, select, engine="MergeTree", key="day, country")
    assert [line.partition(": rows")[0] for line in review(*made)] == [
        f"lacks{at}_feed: groups by plan, which the sort key of lacks{at} (day, country) does not hold"
        for at in range(len(selects))
    ]


def test_groups_that_are_not_stored_or_follow_from_others_are_no_fault(review: Review) -> None:
    select = "day, toYYYYMM(day) AS month, count() AS n FROM review.base GROUP BY day, month, plan"
    assert review(BASE, *rollup("months", "day Date, month UInt32, n UInt64", select)) == []


def test_a_view_whose_source_is_gone_hides_no_other_fault(review: Review) -> None:
    counted = "day, uniq(user_id) AS n FROM review.{} GROUP BY day"
    found = review(
        BASE,
        "CREATE TABLE review.gone AS review.base",
        *rollup("first", "day Date, n UInt64", counted.format("gone")),
        *rollup("second", "day Date, n UInt64", counted.format("base")),
        "DROP TABLE review.gone SYNC",
    )
    assert [line.partition(" is ")[0] for line in found] == ["second_feed: n"]


def test_ttls_that_cannot_act_in_time_are_found_and_those_that_can_are_not(review: Review) -> None:
    whole = "ttl_only_drop_parts = 1"
    tables: dict[str, tuple[str, str, str, str | None]] = {
        "daily": ("toYYYYMMDD(day)", "day + INTERVAL 90 DAY", whole, None),
        "days": ("day", "day + INTERVAL 7 DAY", whole, None),
        "days_and_countries": ("(toDate(at), country)", "at + INTERVAL 1 MONTH", whole, None),
        "weekly": ("toMonday(day)", "day + INTERVAL 90 DAY", whole, None),
        "monthly_for_a_year": ("toYYYYMM(day)", "day + INTERVAL 1 YEAR", whole, None),
        "rows": ("toYYYYMM(day)", "day + INTERVAL 90 DAY", "ttl_only_drop_parts = 0", None),
        "rows_at_once": ("tuple()", "day + INTERVAL 90 DAY", "ttl_only_drop_parts = 0", None),
        "unknown": ("intDiv(toUInt32(at), 1000)", "day + INTERVAL 90 DAY", whole, None),
        "monthly": ("toYYYYMM(day)", "day + INTERVAL 90 DAY", whole, "toYYYYMM(day) holds 31 days"),
        "yearly": ("toYear(day)", "at + toIntervalMonth(6)", whole, "toYear(day) holds 366 days"),
        "fortnights": ("toStartOfInterval(at, INTERVAL 2 WEEK)", "addDays(at, 30)", whole, "holds 14 days"),
        "whole": ("tuple()", "day + INTERVAL 90 DAY", whole, "has no partitions by time"),
        "countries": ("country", "day + INTERVAL 90 DAY", whole, "has no partitions by time"),
        "pauses": ("day", "day + INTERVAL 30 DAY", "merge_with_ttl_timeout = 86400", None),
        "rests": ("day", "day + INTERVAL 30 DAY", "merge_with_ttl_timeout = 864000", "every 10 days only"),
    }
    found = review(
        *(
            f"CREATE TABLE review.{name} (day Date, at DateTime, country String) ENGINE = MergeTree"
            f" PARTITION BY {partitions} ORDER BY day TTL {ttl} SETTINGS {settings}, {LOGGED}"
            for name, (partitions, ttl, settings, _) in tables.items()
        )
    )
    wanted = {name: told for name, (*_, told) in tables.items() if told}
    assert [line.partition(" ")[0] for line in found] == sorted(wanted)
    assert all(wanted[line.partition(" ")[0]] in line for line in found), found


def test_rows_that_a_ttl_left_and_rows_that_it_never_reaches_are_found(review: Review) -> None:
    table = (
        "CREATE TABLE review.{} (at DateTime) ENGINE = MergeTree ORDER BY at TTL at + INTERVAL 30 DAY"
        f" SETTINGS {LOGGED}"
    )
    found = review(
        table.format("left"),
        table.format("fresh"),
        table.format("far"),
        "SYSTEM STOP MERGES review.left",
        "INSERT INTO review.left SELECT now() - INTERVAL 40 DAY FROM numbers(7)",
        "INSERT INTO review.fresh SELECT now() FROM numbers(7)",
        "INSERT INTO review.far SELECT now() + INTERVAL 10 YEAR FROM numbers(7)",
    )
    assert [line.partition(" in 1 parts")[0].partition(" that expires")[0] for line in found] == [
        "far has no row",
        "left keeps 7 rows",
    ]


def test_too_many_parts_of_a_partition_are_found(review: Review) -> None:
    table = (
        "CREATE TABLE review.{} (n UInt64) ENGINE = MergeTree PARTITION BY n % {} ORDER BY n"
        f" SETTINGS {LOGGED}"
    )
    insert = (
        "INSERT INTO review.{} SELECT number FROM numbers(301) SETTINGS max_block_size = 1,"
        " max_insert_threads = 1, min_insert_block_size_rows = 1, min_insert_block_size_bytes = 1"
    )
    found = review(
        table.format("many", 1),
        table.format("spread", 2),
        "SYSTEM STOP MERGES review.many",
        "SYSTEM STOP MERGES review.spread",
        insert.format("many"),
        insert.format("spread"),
    )
    assert found == ["many has 301 parts in one partition: inserts outrun merges"]
