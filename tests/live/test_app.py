"""The live dashboard as a process: its stream, its SQL box, its queries."""

import shutil
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.live import sql
from tests import support
from tests.conftest import empty
from tests.dashboard.http import get, post
from tests.ingest.client import Client as Shop
from tests.live.stream import Stream
from tests.query import shop


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client) -> Iterator[str]:
    """A live dashboard over the small shop."""
    empty(store_client)
    shop.fill(store_client)
    process = support.start("live", config)
    yield config.url("live")
    process.stop()


def send(config: Config, **fields: str) -> str:
    """Posts one event to ingest; its id."""
    event_id = str(uuid4())
    answer = Shop(config).post("events", {"event_id": event_id, "event_type": "page_view"} | fields)
    assert answer.status == 202, answer.body
    return event_id


def test_a_posted_event_comes_down_the_stream_once(url: str, config: Config, ingest_url: str) -> None:
    with Stream(config) as stream:
        assert stream.response.headers["Content-Type"].startswith("text/event-stream")
        stream.first("events")
        event_id = send(config, user_id="4711", page_url="/<b>", country="DE")
        event, frame = stream.event(event_id)
        assert (event["user_id"], event["page_url"], event["country"]) == ("4711", "/<b>", "DE")
        assert frame.value["count"] >= 1
        later = send(config)
        for frame in stream.frames():
            ids = [e["event_id"] for e in frame.value["events"]] if frame.kind == "events" else []
            assert event_id not in ids
            if later in ids:
                break


def test_last_event_id_resumes_without_gap_or_repeat(url: str, config: Config, ingest_url: str) -> None:
    with Stream(config) as stream:
        stream.first("events")
        seen = send(config)
        _, frame = stream.event(seen)
    missed = send(config)
    with Stream(config) as other:
        other.event(missed)
    with Stream(config, frame.id) as again:
        ids: list[str] = []
        for found in again.frames():
            assert found.kind != "reset"
            ids += [e["event_id"] for e in found.value["events"]] if found.kind == "events" else []
            if missed in ids:
                break
    assert ids.count(missed) == 1 and seen not in ids


def test_every_board_is_pushed_and_the_client_is_told_when_to_retry(url: str, config: Config) -> None:
    waited = {"retry", "cards", "types", "arrivals", "orders", "countries", "users", "health"}
    with Stream(config) as stream:
        for frame in stream.frames():
            waited.discard(frame.kind)
            if not waited:
                break
    assert not waited


def test_sql_answers_rows_and_types_as_text(url: str) -> None:
    answer = post(
        f"{url}/api/sql", {"sql": "SELECT toUInt64(18446744073709551615) AS big, NULL AS n, '<b>' AS t;"}
    )
    assert answer.status == 200, answer.body
    assert answer.json["data"] == [["18446744073709551615", "ᴺᵁᴸᴸ", "<b>"]]
    columns = answer.json["meta"]["columns"]
    assert [(c["name"], c["numeric"]) for c in columns] == [("big", True), ("n", False), ("t", False)]


def test_sql_takes_parameters_and_tells_what_it_would_read(url: str) -> None:
    body = {
        "sql": "SELECT {text:String} AS t, {list:Array(UInt8)}[2] AS n, '100 %' AS p",
        "params": {"text": "it's \\ a tab\t", "list": "[1, 2]", "unused": "x"},
    }
    assert post(f"{url}/api/sql", body).json["data"] == [["it's \\ a tab\t", "2", "100 %"]]
    assert post(f"{url}/api/sql", body | {"params": {}}).status == 400
    counted = post(
        f"{url}/api/sql/cost",
        {"sql": "SELECT sum(quantity) FROM orders WHERE user_id > {least:UInt64};", "params": {"least": "0"}},
    )
    assert counted.json["data"]["rows"] > 0
    for half_typed in ("SELEC", "", "SELECT * FROM nowhere", "SELECT 1 FORMAT CSV"):
        answer = post(f"{url}/api/sql/cost", {"sql": half_typed})
        assert (answer.status, answer.json["data"]) == (200, None), half_typed


@pytest.mark.parametrize(
    ("draft", "says"),
    [
        ({"name": "stats"}, "there is a query stats already"),
        ({"name": "../../evil"}, "a name is small letters"),
        ({"sql": ""}, "there is no statement"),
        ({"columns": 1}, "the body is no draft"),
    ],
)
def test_a_draft_that_is_no_query_is_refused(url: str, draft: dict[str, object], says: str) -> None:
    body = {"name": "mine", "title": "t", "sql": "SELECT 1 AS one", "columns": []}
    answer = post(f"{url}/api/queries", body | draft)
    assert answer.status == 400, answer.body
    assert says in answer.json["error"]["message"]


def test_what_looks_like_a_header_in_a_draft_is_none(url: str, config: Config) -> None:
    body = {
        "name": "mine",
        "title": "t\n-- note: a",
        "sql": "SELECT 1 AS one\n-- note: b",
        "columns": [{"name": "one", "type": "UInt8"}],
        "tables": ["events\n-- note: c"],
    }
    assert post(f"{url}/api/queries", body).status == 200
    mine = next(q for q in get(f"{url}/api/queries").json["data"] if q["name"] == "mine")
    assert mine["notes"] == [] and mine["sql"].endswith("-- note: b")
    assert get(f"{url}/api/query/mine").json["data"] == [{"one": 1}]
    shutil.rmtree(config.data_dir / "queries")


def test_sql_reads_the_shops_tables(url: str) -> None:
    answer = post(f"{url}/api/sql", {"sql": "SELECT order_id FROM orders ORDER BY order_id LIMIT 1"})
    assert answer.json["data"] == [["o1"]]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE events",
        "INSERT INTO events (event_type) VALUES ('x')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
        "SELECT file('/etc/passwd')",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT * FROM footfall_private.contacts",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM nowhere",
        "SELEC 1",
    ],
)
def test_sql_that_is_refused_says_why(url: str, statement: str) -> None:
    answer = post(f"{url}/api/sql", {"sql": statement})
    error = answer.json["error"]
    assert answer.status == 400, error
    assert error["store_code"] and error["message"]


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("EXPLAIN SELECT 1", "ReadFrom"),
        ("EXPLAIN AST SELECT 1", "SelectWithUnionQuery"),
        ("SHOW TABLES", "events"),
        ("SHOW CREATE TABLE events", "CREATE TABLE"),
        ("DESCRIBE events", "event_type"),
        ("-- the largest\nSELECT 'FORMAT CSV' AS format -- FORMAT CSV", "FORMAT CSV"),
        ("(SELECT 1 AS one) UNION ALL (SELECT 2);", "2"),
        ("WITH 3 AS x SELECT x SETTINGS max_threads = 1", "3"),
    ],
)
def test_every_kind_of_reading_statement_is_a_table(url: str, statement: str, row: str) -> None:
    answer = post(f"{url}/api/sql", {"sql": statement})
    assert answer.status == 200, answer.body
    assert any(cells[0].lstrip().startswith(row) for cells in answer.json["data"]), answer.body


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FORMAT CSV",
        "SELECT 'x' FROM numbers(5) FORMAT JSONCompactEachRow;",
        "SELECT 1 FORMAT Null SETTINGS max_threads = 1",
        "SHOW TABLES FORMAT TSV",
    ],
)
def test_a_format_of_ones_own_is_refused_in_words(url: str, statement: str) -> None:
    answer = post(f"{url}/api/sql", {"sql": statement})
    assert answer.status == 400
    assert "leave FORMAT out" in answer.json["error"]["message"]


@pytest.mark.parametrize("statement", ["SELECT * FORM events", "SELEC 1", "SET x = 1", "EXPLAIN", "SELECT ("])
def test_an_error_speaks_of_nothing_but_what_was_typed(url: str, statement: str) -> None:
    answer = post(f"{url}/api/sql", {"sql": statement})
    assert answer.status == 400, answer.body
    error = answer.json["error"]
    assert error["store_code"] and "FORMAT" not in error["message"].partition("Expected")[0], error


@pytest.mark.parametrize("text", ["", " ; ", "-- nothing", "/* nothing */ ;", "# nothing"])
def test_a_text_without_a_statement_is_told_so(url: str, text: str) -> None:
    answer = post(f"{url}/api/sql", {"sql": text})
    assert answer.status == 400
    assert "there is no statement" in answer.json["error"]["message"]


def test_a_row_over_the_bound_is_cut_and_not_an_error(url: str) -> None:
    many = sql.BYTES // 100_000 + 1
    answer = post(f"{url}/api/sql", {"sql": f"SELECT groupArray(repeat('x', 100000)) FROM numbers({many})"})
    assert answer.status == 200, answer.body[:500]
    assert answer.json["data"] == [] and answer.json["meta"]["cut"] is True
    assert len(answer.json["meta"]["columns"]) == 1


def test_too_much_is_the_statements_fault(url: str) -> None:
    error = post(f"{url}/api/sql", {"sql": "SELECT sum(number) FROM numbers(100000000000)"}).json["error"]
    assert (error["code"], error["name"]) == (400, "LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    "body", [{}, {"sql": ""}, {"sql": " ; "}, {"sql": 1}, {"sql": "SELECT 1", "as": "footfall"}, []]
)
def test_a_body_that_is_no_statement_is_refused(url: str, body: object) -> None:
    assert post(f"{url}/api/sql", body).status == 400


def test_a_long_result_is_cut_and_says_so(url: str) -> None:
    answer = post(f"{url}/api/sql", {"sql": f"SELECT number FROM numbers({sql.ROWS + 5})"})
    assert len(answer.json["data"]) == sql.ROWS
    assert answer.json["meta"]["cut"] is True
    whole = post(f"{url}/api/sql", {"sql": f"SELECT number FROM numbers({sql.ROWS})"})
    assert len(whole.json["data"]) == sql.ROWS and whole.json["meta"]["cut"] is False


def test_another_sites_page_cannot_run_sql(url: str) -> None:
    answer = post(f"{url}/api/sql", {"sql": "SELECT 1"}, {"Origin": "http://evil.example"})
    assert answer.status == 403
    assert post(f"{url}/api/sql", {"sql": "SELECT 1"}, {"Host": "evil.example"}).status == 403


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("hourly_activity", {}),
        ("funnel", {"steps": "product_view,purchase"}),
        ("country_stats", {}),
        ("user_lookup", {"country": "US", "is_premium": "true", "registered_from": "2020-01-01"}),
        ("user_timeline", {"user_id": "1"}),
        ("order_history", {"user_id": "1", "product_id": "2", "status": "refunded"}),
    ],
)
def test_the_briefs_access_paths_answer(url: str, path: str, params: dict[str, str]) -> None:
    answer = get(f"{url}/api/query/{path}", None, **params)
    assert answer.status == 200, answer.body
    assert answer.json["meta"]["query"] == path


def test_it_stops_at_once_with_streams_open(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    live = start("live", own_config)
    with Stream(own_config) as stream:
        stream.first("retry")
        live.stop(limit_s=5)  # killed, and an error, where it takes longer
