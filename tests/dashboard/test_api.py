"""The brief's endpoints over HTTP, on a shop that can be checked by hand (tests/query/shop.py)."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow.parquet
import pytest
from clickhouse_connect.driver.client import Client

from footfall import store
from footfall.config import Config
from footfall.dashboard.app import ENDPOINTS
from footfall.schema.migrate import migrate
from tests import support
from tests.conftest import empty
from tests.dashboard.http import get
from tests.query import shop
from tests.schema.support import event, insert


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client) -> Iterator[str]:
    """A dashboard over the small shop."""
    empty(store_client)
    shop.fill(store_client)
    process = support.start("dashboard", config)
    yield config.url("dashboard")
    process.stop()


def ask(url: str, path: str, **params: str) -> list[dict[str, Any]]:
    answer = get(url + path, **shop.RANGE, **params)
    assert answer.status == 200, answer.body
    rows: list[dict[str, Any]] = answer.json["data"]
    return rows


def test_stats(url: str) -> None:
    (row,) = ask(url, "/api/stats")
    assert (row["visitors"], row["orders"], row["page_views"], row["events"]) == (4, 2, 5, 16)
    assert (row["gross"], row["refunds"], row["net"]) == (42.5, -10, 32.5)
    assert (row["aov"], row["conversion"]) == (21.25, 50)


def test_top_products(url: str) -> None:
    rows = ask(url, "/api/top-products")
    assert [(row["product_id"], row["revenue"], row["orders"]) for row in rows[:2]] == [
        ("2", 22.5, 2),
        ("1", 20, 1),
    ]
    assert len(ask(url, "/api/top-products", limit="1")) == 1


def test_conversion_funnel(url: str) -> None:
    rows = ask(url, "/api/conversion-funnel")
    assert [(row["step"], row["users"]) for row in rows] == [
        ("page_view", 3),
        ("product_view", 3),
        ("add_to_cart", 3),
        ("checkout", 2),
        ("purchase", 2),
    ]


def test_hourly_activity(url: str) -> None:
    rows = {row["hour"][11:13]: row for row in ask(url, "/api/hourly-activity")}
    assert len(rows) == 24
    assert (rows["08"]["event_count"], rows["08"]["unique_users"], rows["08"]["revenue"]) == (5, 1, 30)
    assert (rows["10"]["event_count"], rows["10"]["unique_users"]) == (2, 0)


def test_revenue_trend(url: str) -> None:
    (row,) = ask(url, "/api/revenue-trend", grain="day")
    assert (row["gross"], row["refunds"], row["net"], row["orders"]) == (42.5, -10, 32.5, 2)
    (month,) = ask(url, "/api/revenue-trend")
    assert month["period"].endswith("-01T00:00:00.000Z")


def test_user_segments(url: str) -> None:
    rows = ask(url, "/api/user-segments")
    assert sum(row["users"] for row in rows) == 2
    assert sum(row["revenue"] for row in rows) == 32.5


@pytest.mark.parametrize("path", ENDPOINTS)
def test_meta_says_where_the_figures_come_from(url: str, path: str) -> None:
    meta = get(url + path, **shop.RANGE).json["meta"]
    assert meta["query"] == ENDPOINTS[path]
    assert meta["sql"] and meta["reads"] and meta["freshness"].endswith("Z")
    assert meta["params"]["from"] == f"{shop.DAY}T00:00:00.000Z"
    assert meta["rows_read"] > 0 and meta["elapsed_ms"] > 0


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"since": "yesterday"}, "RFC 3339"),
        ({"until": "2026-13-01"}, "RFC 3339"),
        ({"since": "2026-01-02", "until": "2026-01-01"}, "later"),
        ({"colour": "red"}, "no parameter colour"),
    ],
)
def test_what_is_not_accepted_is_refused_with_what_is(
    url: str, path: str, params: dict[str, str], says: str
) -> None:
    answer = get(url + path, **params)
    error = answer.json["error"]
    assert (answer.status, error["code"], error["name"]) == (400, 400, "INVALID_PARAMETER")
    assert says in error["message"]


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "ten", "1e3", ""])
def test_a_limit_out_of_bounds_is_refused(url: str, limit: str) -> None:
    answer = get(f"{url}/api/top-products", limit=limit)
    assert answer.status == 400
    assert "1 to 1000" in answer.json["error"]["message"] or "whole number" in answer.json["error"]["message"]


def test_a_parameter_given_twice_is_refused(url: str) -> None:
    answer = get(f"{url}/api/stats?from=2026-01-01&from=2026-01-02")
    assert answer.status == 400 and "2 times" in answer.json["error"]["message"]


@pytest.mark.parametrize("path", ["stats", "conversion_funnel", "daily_stats", "top_products"])
def test_a_figure_is_proved_on_the_raw_rows(url: str, path: str) -> None:
    proof = get(f"{url}/api/query/{path}/proof", **shop.RANGE).json["data"]
    assert proof["verdict"] == "equal", proof
    assert proof["answer"]["data"] == proof["proof"]["data"]
    assert proof["proof"]["meta"]["sql"] != proof["answer"]["meta"]["sql"]


def test_a_figure_that_differs_from_the_raw_rows_is_shown_as_different(
    url: str, store_client: Client
) -> None:
    store_client.insert(
        "mv_daily_events", [["", shop.DAY, 7]], column_names=["event_type", "event_date", "event_count"]
    )
    proof = get(f"{url}/api/query/stats/proof", **shop.RANGE).json["data"]
    assert proof["verdict"] == "different"
    assert {"row": "1", "column": "events", "answer": 23, "proof": 16} in proof["differences"]
    store_client.command(
        "ALTER TABLE footfall.mv_daily_events DELETE WHERE event_type = '' AND event_count = 7",
        settings={"mutations_sync": 2},
    )


def test_a_plan_says_what_would_be_read(url: str) -> None:
    plan = get(f"{url}/api/query/user_timeline/explain", user_id="1").json["data"]
    assert plan["lines"] and plan["reads"]


def test_unknown_queries_are_not_found(url: str) -> None:
    for path in ("/api/query/nothing", "/api/query/nothing/proof", "/api/nothing"):
        answer = get(url + path)
        assert answer.status == 404 and answer.json["error"]["name"] == "NOT_FOUND"


def test_the_catalogue_and_openapi_list_every_endpoint(url: str) -> None:
    names = {query["name"] for query in get(f"{url}/api/queries").json["data"]}
    assert set(ENDPOINTS.values()) <= names
    description = get(f"{url}/openapi.json").json
    assert description["openapi"].startswith("3.1")
    assert set(ENDPOINTS) <= description["paths"].keys()


def test_answers_are_compressed_for_who_takes_it(url: str) -> None:
    answer = get(f"{url}/api/queries", {"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == get(f"{url}/api/queries").body


def test_the_page_names_its_bundle_which_a_browser_keeps_for_ever(url: str) -> None:
    page = get(url).body.decode()
    path = page.split('<script type="module" src="', 1)[1].split('"', 1)[0]
    script = get(url + path)
    assert script.status == 200 and "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")


def test_the_dashboard_outlives_the_engine(own_config: Config, start: Callable[..., support.Process]) -> None:
    dashboard = start("dashboard", own_config)
    url = own_config.url("dashboard")
    away = get(f"{url}/api/stats")
    assert (away.status, away.json["error"]["name"]) == (503, "STORE_UNAVAILABLE")
    assert away.headers["retry-after"]
    assert get(url).status == 200
    engine = start("engine", own_config)
    migrate(own_config)
    assert get(f"{url}/api/stats").status == 200
    names, rows = said_of(own_config, url, "page_view")
    assert [row["event_type"] for row in rows] == ["page_view"]
    with store.connect(own_config, "footfall") as client:
        empty(client)
    engine.kill()
    assert get(f"{url}/api/stats").status == 503
    start("engine", own_config)
    # The engine gives its parts the same names again: an answer that was kept by them alone would be wrong.
    assert said_of(own_config, url, "login") == (names, [rows[0] | {"event_type": "login"}])
    assert dashboard.popen.poll() is None


def said_of(config: Config, url: str, kind: str) -> tuple[set[str], list[dict[str, Any]]]:
    """Inserts an event of a kind into an empty store; its parts, and what the dashboard says of it."""
    with store.connect(config, "footfall") as client:
        insert(client, "events", [event(kind, shop.at("8:00"), shop.ANN)], kind)
        parts = "SELECT concat(table, ' ', name) FROM system.parts WHERE active AND table LIKE '%events'"
        names = {str(row[0]) for row in client.query(parts).result_rows}
    return names, ask(url, "/api/query/event_types")


def test_answers_as_files(url: str) -> None:
    table = get(f"{url}/api/query/country_stats.csv", **shop.RANGE)
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == 'attachment; filename="country_stats.csv"'
    assert table.body.decode().splitlines()[:2] == [
        "country,events,unique_users,revenue,purchases",
        "US,11,3,42.5000,2",
    ]
    lines = get(f"{url}/api/query/top_users.ndjson", **shop.RANGE).body.splitlines()
    assert [json.loads(line)["user_id"] for line in lines] == ["1", "3", "2", "9000000001"]
    columns = pyarrow.parquet.read_table(
        io.BytesIO(get(f"{url}/api/query/top_users.parquet", **shop.RANGE).body)
    )
    assert columns.column("user_id").to_pylist() == [1, 3, 2, 9_000_000_001]
    nothing = get(f"{url}/api/query/country_stats.csv", since="2001-01-01", until="2001-01-02")
    assert nothing.body == b"country,events,unique_users,revenue,purchases\n"
    refused = get(f"{url}/api/query/country_stats.csv", colour="red")
    assert (refused.status, refused.json["error"]["name"]) == (400, "INVALID_PARAMETER")
    assert get(f"{url}/api/query/nothing.csv").status == 404


def test_a_period_is_compared_with_the_one_before(url: str) -> None:
    answer = get(f"{url}/api/query/stats", **shop.RANGE, compare="before").json
    assert answer["before"]["data"][0]["events"] == 1
    assert answer["change"]["events"] == 1500
    assert answer["change"]["aov"] is None, "there was nothing to compare with"
    assert "before" not in get(f"{url}/api/query/stats", **shop.RANGE).json
