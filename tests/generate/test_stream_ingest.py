"""The stream through the real ingest into the real store: nothing lost, nothing twice, money agrees."""

import re
import time
from typing import Any

from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.generate import history
from footfall.generate.plan import Plan
from tests import support


def test_the_shop_goes_on_after_its_history(fresh_store: Config, ingest_url: str, reader: Client) -> None:
    plan = Plan.of(users=2_000, products=60, events=4_000, orders=400)
    history.generate(fresh_store, plan)
    [before] = _rows(reader, "SELECT count(), uniqExact(order_id) FROM events")
    done = support.run(fresh_store, "stream", "--rate", "300", "--orders", "60", "--duration", "6")
    assert done.returncode == 0, done.stdout + done.stderr
    events = int(re.findall(r"^([\d,]+) events", done.stdout, re.MULTILINE)[-1].replace(",", ""))
    orders = int(re.findall(r"and ([\d,]+) orders", done.stdout)[-1].replace(",", ""))
    assert events == 1_800
    _until(reader, "SELECT count() FROM events", before[0] + events)
    _until(
        reader,
        "SELECT uniqExact(order_id) FROM orders WHERE order_id LIKE 'S%' AND status = 'completed'",
        orders,
    )
    [(ids, hourly)] = _rows(
        reader,
        "SELECT (SELECT uniqExact(event_id) FROM events), (SELECT sum(event_count) FROM mv_hourly_events)",
    )
    assert ids == hourly == before[0] + events
    [(purchases, wrong)] = _rows(
        reader,
        "SELECT count(), countIf(e.revenue != o.amount) FROM"
        " (SELECT order_id, sum(events.revenue) AS revenue FROM events"
        " WHERE event_type = 'purchase' AND order_id LIKE 'S%' GROUP BY order_id) AS e"
        " FULL JOIN (SELECT order_id, sum(total_amount) AS amount FROM orders"
        " WHERE status = 'completed' AND order_id LIKE 'S%' GROUP BY order_id) AS o USING order_id",
    )
    assert (purchases, wrong) == (orders, 0)
    [(signups, users, links)] = _rows(
        reader,
        "SELECT (SELECT count() FROM events WHERE event_type = 'signup' AND user_id > 9223372036854775808),"
        " (SELECT count() FROM current_users WHERE startsWith(external_id, 'u-')),"
        " (SELECT uniqExact(user_id) FROM identities WHERE user_id > 9223372036854775808)",
    )
    assert signups == users == links > 0
    [(unlinked, pending)] = _rows(
        reader,
        "SELECT (SELECT count() FROM orders WHERE unlinked),"
        " (SELECT min(left) FROM (SELECT sum(quantity) AS left FROM orders WHERE status = 'pending'"
        " GROUP BY order_id, line_id))",
    )
    assert unlinked == 0
    assert pending >= 0


def _rows(client: Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in client.query(sql).result_rows]


def _until(client: Client, sql: str, wanted: int) -> None:
    deadline = time.monotonic() + 60
    while (found := _rows(client, sql)[0][0]) != wanted:
        assert time.monotonic() < deadline, f"{found} of {wanted}: {sql}"
        time.sleep(0.1)
