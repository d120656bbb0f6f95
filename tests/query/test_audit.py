"""`footfall audit` and proofs find a rollup that is wrong, to the row, and nothing where all is right."""

import http.client
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.errors import InvalidParameter, LimitExceeded
from footfall.query import NamedQuery, audit, prove
from tests import support
from tests.query import shop
from tests.query.shop import DAY, NEXT
from tests.schema.support import event, insert


@pytest.fixture(autouse=True)
def filled(fresh_store: Config, store_client: Client) -> None:
    shop.fill(store_client)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing arrives during these tests, so two looks are as good as any."""
    proving = sys.modules["footfall.query.prove"]
    for module, looks in ((audit, "LOOKS"), (proving, "ATTEMPTS")):
        monkeypatch.setattr(module, looks, 2)
        monkeypatch.setattr(module, "PAUSE_S", 0.01)


async def audited(client: AsyncClient, queries: dict[str, NamedQuery]) -> tuple[bool, list[str]]:
    told: list[tuple[str, int, int]] = []
    found = await audit.audit(client, queries.values(), lambda *step: told.append(step))
    assert told[-1][1] == told[-1][2]
    return found.differs, list(found.lines())


async def test_all_is_equal(client: AsyncClient, queries: dict[str, NamedQuery]) -> None:
    differs, lines = await audited(client, queries)
    assert not differs
    assert lines[:6] == [
        "mv_hourly_events: 2 days, all equal",
        "mv_daily_events: 2 days, all equal",
        "mv_country_stats: 2 days, all equal",
        "mv_user_funnel: 2 days, all equal",
        "daily_user_activity: 2 days, all equal",
        "mv_product_revenue: 1 days, all equal",
    ]
    assert lines[6].startswith("named queries:") and len(lines) == 7


async def test_what_the_stores_limits_do_not_let_it_compare_is_told_and_proves_nothing(
    client: AsyncClient, queries: dict[str, NamedQuery], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def beyond(*_: object, **__: object) -> None:
        raise LimitExceeded("too many rows")

    monkeypatch.setattr(audit, "prove", beyond)
    found = await audit.audit(client, [queries["stats"]], lambda *_: None)
    lines = list(found.lines())
    assert not found.differs and not found.holds
    assert [line for line in lines if "cannot be compared within the store's limits: too many rows" in line]
    assert lines[-1].startswith("named queries: 0 of ")


@pytest.mark.parametrize(
    ("table", "row", "told"),
    [
        (
            "mv_hourly_events",
            {"event_date": str(DAY), "event_hour": 8, "event_type": "purchase", "event_count": 1},
            "hour 8, purchase: event_count: 2, raw rows say 1",
        ),
        (
            "mv_daily_events",
            {"event_date": str(DAY), "event_type": "login", "event_count": 1},
            "type login: event_count: 2, raw rows say 1",
        ),
        (
            "mv_country_stats",
            {"event_date": str(DAY), "country": "FR", "revenue": "5"},
            "country FR: revenue: 5.0000, raw rows say 0",
        ),
        (
            "daily_user_activity",
            {"activity_date": str(DAY), "user_id": 2, "activity_count": 7},
            "user 2: activity_count: 10, raw rows say 3",
        ),
        (
            "mv_product_revenue",
            {"order_date": str(DAY), "product_id": 1, "status": "completed", "total_revenue": "-1"},
            "product 1, completed: total_revenue: 19.0000, raw rows say 20",
        ),
    ],
)
async def test_a_row_too_many_in_a_rollup_is_found(
    client: AsyncClient,
    queries: dict[str, NamedQuery],
    store_client: Client,
    table: str,
    row: dict[str, object],
    told: str,
) -> None:
    insert(store_client, table, [row], "wrong")
    differs, lines = await audited(client, queries)
    assert differs
    assert any(line.startswith(f"{table}:") and "1 row" in line for line in lines), lines
    assert any(told in line for line in lines), lines
    assert any("different: " in line for line in lines), lines


_PORTUGUESE = """
SELECT
    uniqCombined64(user_id),
    (SELECT uniqCombined64Merge(visitors) FROM mv_country_stats WHERE country = 'PT')
FROM events WHERE country = 'PT'
"""


async def test_a_count_that_may_be_told_in_two_ways_is_right_in_both(
    client: AsyncClient, queries: dict[str, NamedQuery], store_client: Client
) -> None:
    """4,096 users, the last of whom comes twice in the order of the table, and first in that of the block."""
    users = [4096, 4096, *range(1, 4096)]
    rows = [event("login", shop.at("12:00"), user, country="PT") for user in users]
    insert(store_client, "events", rows, "portuguese")
    ((raw, rollup),) = store_client.query(_PORTUGUESE).result_rows
    assert rollup == 4096 < raw
    differs, lines = await audited(client, queries)
    assert not differs, lines
    insert(
        store_client,
        "mv_country_stats",
        [{"event_date": str(DAY), "country": "PT", "event_count": 1}],
        "wrong",
    )
    differs, lines = await audited(client, queries)
    assert differs and any("country PT: event_count: 4098, raw rows say 4097" in line for line in lines), (
        lines
    )


async def test_rows_missing_in_a_rollup_are_found(
    client: AsyncClient, queries: dict[str, NamedQuery], store_client: Client
) -> None:
    store_client.command("TRUNCATE TABLE footfall.mv_user_funnel")
    differs, lines = await audited(client, queries)
    assert differs
    assert "mv_user_funnel: 2 days, 6 rows differ" in lines
    assert any("user 2: total_events: 0, raw rows say 3" in line for line in lines)


async def test_a_proof_shows_both_answers_and_what_differs(
    client: AsyncClient, queries: dict[str, NamedQuery], store_client: Client
) -> None:
    wrong = {"event_date": str(DAY), "event_type": "login", "event_count": 3}
    insert(store_client, "mv_daily_events", [wrong], "wrong")
    asked = {"from": str(DAY), "to": str(NEXT)}
    proof = await prove(client, queries["event_types"], asked)
    assert proof.verdict == "different"
    assert [(d.row, d.column, d.answer, d.proof) for d in proof.differences] == [
        ("login", "event_count", 4, 1)
    ]
    assert proof.proof is not None
    assert {r["event_type"]: r["event_count"] for r in proof.proof.rows}["login"] == 1


async def test_a_query_on_raw_rows_needs_no_proof(
    client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    with pytest.raises(InvalidParameter, match="needs no proof"):
        await prove(client, queries["funnel"], {})


async def test_what_raw_rows_no_longer_show_is_never_called_equal(
    client: AsyncClient, queries: dict[str, NamedQuery], store_client: Client
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=200)
    insert(store_client, "events", [event("page_view", long_ago, 1)], "old")
    store_client.command("OPTIMIZE TABLE footfall.events FINAL")
    proof = await prove(client, queries["daily_activity"], {"from": "today-300d"})
    assert proof.verdict == "cannot be proved"
    reach = datetime.now(UTC).date() - timedelta(days=89)
    assert proof.reason == f"raw rows reach back to {reach}"
    assert proof.proof is None and proof.answer.rows
    assert (await prove(client, queries["daily_activity"], {"from": str(reach)})).verdict == "equal"


def test_the_command_exits_with_1_where_a_figure_is_wrong(fresh_store: Config, store_client: Client) -> None:
    right = support.run(fresh_store, "audit")
    assert (right.returncode, right.stderr) == (0, ""), right.stdout
    wrong = {"event_date": str(DAY), "event_hour": 8, "event_type": "search", "event_count": 1}
    insert(store_client, "mv_hourly_events", [wrong], "wrong")
    found = support.run(fresh_store, "audit")
    assert found.returncode == 1
    assert "hour 8, search: event_count: 1, raw rows say 0" in found.stdout


def test_events_that_stream_in_raise_no_alarm(
    fresh_store: Config, store_client: Client, ingest_url: str
) -> None:
    stop = threading.Event()
    sent = 0

    def stream() -> None:
        nonlocal sent
        connection = http.client.HTTPConnection("127.0.0.1", fresh_store.ingest_port, timeout=30)
        headers = {"Authorization": f"Bearer {fresh_store.write_key}", "Content-Type": "application/json"}
        while not stop.wait(0.02):
            events = [
                {"event_type": "page_view", "user_id": str(sent + n), "country": "DE"} for n in range(20)
            ]
            connection.request("POST", "/v1/events", json.dumps(events), headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 202
            sent += len(events)
        connection.close()

    with ThreadPoolExecutor(1) as lane:
        streaming = lane.submit(stream)
        try:
            found = support.run(fresh_store, "audit")
        finally:
            stop.set()
        streaming.result()
    assert found.returncode == 0, found.stdout
    assert sent > 0
