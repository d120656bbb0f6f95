"""A history in a real store: every rollup holds the generator's truth, whatever interrupted the loading."""

import json
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from footfall import store
from footfall.config import Config
from footfall.errors import UsageError
from footfall.generate import history, record
from footfall.generate.demo import demo
from footfall.generate.plan import Plan
from footfall.generate.shop import Shop
from footfall.generate.truth import Truth
from footfall.schema.migrate import migrate
from tests import support
from tests.generate import conftest

SMALL = conftest.SMALL
LARGER = (
    "--users",
    "1000",
    "--products",
    "100",
    "--events",
    "200000",
    "--orders",
    "20000",
    "--order-days",
    "90",
)


def rows(client: Client, sql: str) -> list[tuple[Any, ...]]:
    """Rows of an answer, with money as the texts of the truth and times as they stand there."""
    return [tuple(_plain(value) for value in row) for row in client.query(sql).result_rows]


def test_hourly_events_are_true(answers: dict[str, Any], reader: Client) -> None:
    assert rows(
        reader,
        "SELECT formatDateTime(toDateTime(event_date) + INTERVAL event_hour HOUR, '%Y-%m-%dT%H:00:00Z') AS h,"
        " sum(event_count), uniqMerge(unique_users), sum(total_revenue)"
        " FROM mv_hourly_events GROUP BY h ORDER BY h",
    ) == [(r["from"], r["event_count"], r["unique_users"], r["revenue"]) for r in answers["hours"]]


def test_events_by_type_are_true(answers: dict[str, Any], reader: Client) -> None:
    found = rows(
        reader,
        "SELECT event_type, sum(event_count), uniqMerge(unique_users), sum(total_revenue)"
        " FROM mv_hourly_events GROUP BY event_type",
    )
    assert sorted(found) == sorted(
        (r["event_type"], r["events"], r["unique_users"], r["revenue"]) for r in answers["event_types"]
    )


def test_country_stats_are_true(answers: dict[str, Any], reader: Client) -> None:
    found = rows(
        reader,
        "SELECT toString(event_date) AS d, country, sum(event_count), uniqMerge(unique_users),"
        " sum(mv_country_stats.revenue), sum(purchase_count)"
        " FROM mv_country_stats GROUP BY d, country",
    )
    names = ["day", "country", "event_count", "unique_users", "revenue", "purchase_count"]
    assert sorted(found) == sorted(tuple(r[name] for name in names) for r in answers["country_days"])


def test_the_user_funnel_is_true(answers: dict[str, Any], reader: Client) -> None:
    steps = ("page_views", "product_views", "add_to_cart", "checkouts", "purchases")
    reached = ", ".join(
        f"countIf({' AND '.join(f'{step}_ > 0' for step in steps[: number + 1])})"
        for number in range(len(steps))
    )
    sums = ", ".join(f"sumMerge({step}) AS {step}_" for step in steps)
    [found] = rows(
        reader, f"SELECT {reached} FROM (SELECT user_id, {sums} FROM mv_user_funnel GROUP BY user_id)"
    )
    assert list(found) == [r["users"] for r in answers["funnel_of_ids"]]
    [(total, revenue, pairs)] = rows(
        reader,
        "SELECT countMerge(total_events), sumMerge(mv_user_funnel.revenue),"
        " uniqExact(user_id, event_date) FROM mv_user_funnel",
    )
    totals = answers["totals"]
    assert (total, revenue, pairs) == (totals["events"], totals["revenue"], answers["user_days"])


def test_daily_user_activity_is_true(answers: dict[str, Any], reader: Client) -> None:
    found = rows(
        reader,
        "SELECT toString(user_id), sum(activity_count) AS events, uniqMerge(event_types_used),"
        " toString(max(activity_date)) FROM daily_user_activity"
        " GROUP BY user_id ORDER BY events DESC, user_id LIMIT 100",
    )
    names = ["user_id", "events", "event_types", "last_day"]
    assert found == [tuple(r[name] for name in names) for r in answers["top_users"]]


def test_product_revenue_is_true(answers: dict[str, Any], reader: Client) -> None:
    found = rows(
        reader,
        "SELECT toString(product_id), status, sum(total_revenue), sum(total_quantity), uniqMerge(order_count)"
        " FROM mv_product_revenue GROUP BY product_id, status",
    )
    names = ["product_id", "status", "revenue", "quantity", "orders"]
    assert sorted(found) == sorted(tuple(r[name] for name in names) for r in answers["products"])


def test_the_ledger_is_true_by_month(answers: dict[str, Any], reader: Client) -> None:
    found = rows(
        reader,
        "SELECT formatDateTime(order_timestamp, '%Y-%m') AS month, sumIf(total_amount, status = 'completed'),"
        " sumIf(total_amount, status IN ('refunded', 'cancelled')),"
        " uniqExactIf(order_id, status = 'completed'),"
        " uniqExactIf(user_id, status = 'completed') FROM orders GROUP BY month ORDER BY month",
    )
    names = ["month", "gross", "refunds", "orders", "buyers"]
    assert found == [tuple(r[name] for name in names) for r in answers["months"]]


def test_the_totals_are_true(answers: dict[str, Any], reader: Client) -> None:
    [found] = rows(
        reader,
        "SELECT (SELECT count() FROM events), (SELECT uniqExact(user_id) FROM events),"
        " (SELECT uniqExactIf(session_id, session_id != '') FROM events), (SELECT count() FROM orders),"
        " (SELECT count() FROM current_users), (SELECT count() FROM current_products),"
        " (SELECT count() FROM identities FINAL)",
    )
    names = ["events", "visitors", "sessions", "ledger_rows", "users", "products", "identities"]
    assert list(found) == [answers["totals"][name] for name in names]


def test_purchases_agree_with_their_orders(answers: dict[str, Any], reader: Client) -> None:
    [(purchases, wrong)] = rows(
        reader,
        "SELECT count(), countIf(e.revenue != o.amount) FROM"
        " (SELECT order_id, sum(events.revenue) AS revenue FROM events WHERE event_type = 'purchase'"
        " GROUP BY order_id) AS e LEFT JOIN (SELECT order_id, sum(total_amount) AS amount FROM orders"
        " WHERE status = 'completed' GROUP BY order_id) AS o USING order_id",
    )
    assert (purchases, wrong) == (answers["totals"]["purchases"], 0)


def test_the_same_plan_again_adds_nothing(answers: dict[str, Any], config: Config, reader: Client) -> None:
    plan = Plan.from_json(answers["plan"])
    history.generate(config, plan)
    assert _loaded(reader) == (answers["totals"]["events"], answers["totals"]["ledger_rows"])
    [(counted,)] = rows(reader, "SELECT sum(event_count) FROM mv_hourly_events")
    assert counted == answers["totals"]["events"]


def test_another_history_is_refused_and_the_refusal_says_what_is_there(
    answers: dict[str, Any], config: Config, reader: Client
) -> None:
    done = support.run(config, "generate", *SMALL, "--seed", "2")
    assert done.returncode == 2
    assert answers["made_by"] in done.stderr
    assert "--replace" in done.stderr
    assert _loaded(reader)[0] == answers["totals"]["events"]


def test_replace_empties_the_store_first(fresh_store: Config, reader: Client) -> None:
    first, second = (Plan.of(users=20, products=5, events=400, orders=40, seed=seed) for seed in (1, 2))
    history.generate(fresh_store, first)
    history.generate(fresh_store, second, replace=True)
    assert _loaded(reader) == _expected(second)


def test_rows_that_are_not_simulated_are_not_mixed_with(fresh_store: Config, writer: Client) -> None:
    writer.insert("events", [["page_view", datetime.now(UTC)]], ["event_type", "event_timestamp"])
    with pytest.raises(UsageError, match="1 events that were not simulated"):
        history.generate(fresh_store, Plan.of(users=20, products=5, events=400, orders=40))


def test_a_history_that_would_expire_at_once_is_refused(fresh_store: Config) -> None:
    with pytest.raises(UsageError, match="FOOTFALL_EVENTS_TTL_DAYS=0"):
        history.generate(fresh_store, Plan.of(users=20, products=5, events=400, orders=40, days=92))
    with pytest.raises(UsageError, match="FOOTFALL_ORDERS_TTL_DAYS=0"):
        until = datetime.now(UTC) - timedelta(days=3)
        history.generate(
            fresh_store, Plan.of(users=20, products=5, events=400, orders=40, until=until, days=60)
        )


def test_a_history_that_is_being_finished_may_have_lost_its_first_days(
    fresh_store: Config, reader: Client
) -> None:
    plan = Plan.of(users=20, products=5, events=900, orders=90, until=datetime.now(UTC) - timedelta(days=3))
    record.start(fresh_store, plan)
    history.generate(fresh_store, plan)
    assert 0 < _loaded(reader)[0] <= _expected(plan)[0]


def test_a_killed_run_goes_on_where_it_stopped(fresh_store: Config, reader: Client) -> None:
    process = support.launch("generate", fresh_store, *LARGER)
    _until(lambda: _loaded(reader)[0] > 0)
    process.kill()
    kept = record.read(fresh_store)
    assert kept is not None
    assert not kept.finished
    done = support.run(fresh_store, "generate", *LARGER)
    assert done.returncode == 0, done.stderr
    assert _loaded(reader) == _expected(kept.plan)
    [(counted,)] = rows(reader, "SELECT sum(event_count) FROM mv_hourly_events")
    assert counted == _expected(kept.plan)[0]


def test_a_killed_engine_costs_nothing(own_config: Config) -> None:
    engine = support.start("engine", own_config)
    migrate(own_config)
    process = support.launch("generate", own_config, *LARGER)
    with store.connect(own_config, "footfall") as client:
        _until(lambda: _loaded(client)[0] > 0)
    engine.kill()
    engine = support.start("engine", own_config)
    try:
        assert process.popen.wait(120) == 0, process.output()
        kept = record.read(own_config)
        assert kept is not None
        with store.connect(own_config, "footfall") as client:
            assert _loaded(client) == _expected(kept.plan)
            [(counted, sold)] = rows(
                client,
                "SELECT (SELECT sum(event_count) FROM mv_hourly_events),"
                " (SELECT sum(total_revenue) FROM mv_product_revenue WHERE status = 'completed')",
            )
        assert counted == _expected(kept.plan)[0]
        assert sold == _truth(kept.plan).to_json()["totals"]["gross"]
    finally:
        engine.stop()


def test_the_demo_is_made_once_and_finished_after_a_kill(
    fresh_store: Config, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan.of(users=100, products=20, events=3_000, orders=300)
    record.start(fresh_store, plan)  # as a run leaves it that was killed before its first block
    assert demo(fresh_store) == plan
    assert _loaded(reader) == _expected(plan)
    kept = record.read(fresh_store)
    assert kept == record.Record(plan, "embedded", finished=True)
    monkeypatch.setattr(history, "generate", None)  # which a finished demo does not ask for again
    assert demo(fresh_store) == plan


def test_a_record_is_of_one_store(own_config: Config) -> None:
    plan = Plan.of(users=100)
    record.start(own_config, plan)
    assert record.resumed(own_config, Plan.of(users=100)) == plan
    assert record.resumed(own_config, Plan.of(users=101)) != plan
    elsewhere = replace(own_config, clickhouse_url="http://clickhouse:8123")
    assert record.read(elsewhere) is None


def test_missing_rows_are_noticed(fresh_store: Config, store_client: Client) -> None:
    plan = Plan.of(users=100, products=20, events=3_000, orders=300)
    history.generate(fresh_store, plan)
    store_client.command(
        "ALTER TABLE events DELETE WHERE event_type = 'search'", settings={"mutations_sync": 2}
    )
    with pytest.raises(history.HistoryTorn, match="rows of the history are missing"):
        history.generate(fresh_store, plan)


def test_a_store_without_a_schema_or_without_an_answer_is_one_clear_line(own_config: Config) -> None:
    done = support.run(own_config, "generate", *SMALL)
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr
    engine = support.start("engine", own_config)
    try:
        done = support.run(own_config, "generate", *SMALL)
    finally:
        engine.stop()
    assert done.returncode == 2
    assert "footfall migrate" in done.stderr


def test_an_interrupted_run_ends_at_once(fresh_store: Config, reader: Client) -> None:
    process = support.launch("generate", fresh_store, *LARGER)
    _until(lambda: _loaded(reader)[0] > 0)
    process.popen.send_signal(signal.SIGINT)
    assert process.popen.wait(20) != 0


def _loaded(client: Client) -> tuple[int, int]:
    [(events, orders)] = rows(client, "SELECT (SELECT count() FROM events), (SELECT count() FROM orders)")
    return events, orders


def _truth(plan: Plan) -> Truth:
    shop, truth = Shop(plan), Truth(plan)
    for number in range(len(shop)):
        truth.add(shop.slice(number))
    return truth


def _expected(plan: Plan) -> tuple[int, int]:
    totals = _truth(plan).to_json()["totals"]
    return totals["events"], totals["ledger_rows"]


def _plain(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def _until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_truth_file_is_written_last(fresh_store: Config, tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    plan = Plan.of(users=20, products=5, events=400, orders=40)
    history.generate(fresh_store, plan, truth=path)
    answers = json.loads(path.read_text())
    assert answers["made_by"] == plan.command()
    assert Plan.from_json(answers["plan"]) == plan
