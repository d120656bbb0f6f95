"""The HTTP interface: what is answered to whom, over the real process and the real store."""

import base64
import gzip
import json
import zlib
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from tests.ingest.client import Client, settle
from tests.ingest.make import new_id

NDJSON = {"Content-Type": "application/x-ndjson"}


def view(**values: Any) -> dict[str, Any]:
    return {"event_type": "page_view", "event_id": new_id()} | values


def count(store_client: StoreClient, table: str = "events") -> int:
    found: int = store_client.query(
        "SELECT count() FROM {table:Identifier}", parameters={"table": table}
    ).result_rows[0][0]
    return found


def test_one_object_an_array_and_lines_are_taken(shop: Client, store_client: StoreClient) -> None:
    lines = "\n".join(json.dumps(view()) for _ in range(3)).encode()
    for items, headers in ((view(), {}), ([view(), view()], {}), (lines, NDJSON), (lines, {})):
        answer = shop.post("events", items, wait=True, headers=headers)
        assert (answer.status, answer.body["rejected"]) == (200, 0)
    assert count(store_client) == 6


def test_an_answer_without_waiting_is_202_and_its_receipt_is_kept(shop: Client) -> None:
    answer = shop.post("events", [view(), {"nope": 1}])
    assert answer.status == 202
    assert answer.body["accepted"] == answer.body["rejected"] == 1
    assert answer.body["errors"] == [
        {
            "index": 1,
            "field": "nope",
            "code": "unknown_field",
            "message": "events have no field nope: put it into properties",
        }
    ]
    assert shop.get(f"/v1/receipts/{answer.body['batch_id']}").body == answer.body
    assert shop.get("/v1/receipts/00000000-0000-7000-8000-000000000000").status == 404
    assert shop.get("/v1/receipts/x").status == 404


def test_a_retry_of_a_request_doubles_nothing(shop: Client, store_client: StoreClient) -> None:
    without_ids = [{"event_type": new_id("kind")}] * 2 + [{"bad": new_id()}]
    first = shop.post("events", without_ids, wait=True).body
    again = shop.post("events", without_ids, wait=True).body
    assert (first["accepted"], first["duplicate"], first["rejected"]) == (2, 0, 1)
    assert (again["accepted"], again["duplicate"], again["rejected"]) == (0, 2, 1)
    assert count(store_client) == 2


def test_gzip_is_taken_and_a_cut_stream_loses_nothing_before_the_cut(shop: Client) -> None:
    lines = "\n".join(json.dumps(view()) for _ in range(200)).encode()
    packed = gzip.compress(lines)
    headers = {"Content-Encoding": "gzip"} | NDJSON
    cut = shop.post("events", packed[: len(packed) // 2], headers=headers)
    assert cut.status == 202
    assert 10 < cut.body["accepted"] < 200
    assert cut.body["errors"][-1]["code"] == "cut_off"
    whole = shop.post("events", packed, headers=headers).body
    assert (whole["accepted"], whole["duplicate"]) == (200 - cut.body["accepted"], cut.body["accepted"])
    members = gzip.compress(lines[:100]) + gzip.compress(lines[100:])
    assert shop.post("events", members, headers=headers).body["duplicate"] == 200


def test_a_body_that_is_cut_says_where(shop: Client) -> None:
    body = json.dumps([view(), view(), view()]).encode()
    answer = shop.post("events", body[:-20])
    assert (answer.status, answer.body["accepted"]) == (202, 2)
    assert (answer.body["errors"][0]["index"], answer.body["errors"][0]["code"]) == (2, "cut_off")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic !"}])
def test_without_the_key_nothing_is_taken(shop: Client, header: dict[str, str]) -> None:
    for method, path in (("POST", "/v1/events"), ("GET", "/v1/receipts/x")):
        answer = shop.request(method, path, b"{}", {"Content-Type": "application/json"} | header)
        assert answer.status == 401
        assert answer.body["error"]["name"] == "UNAUTHORIZED"
        assert "www-authenticate" in answer.headers


def test_the_key_may_be_the_user_of_basic(shop: Client) -> None:
    basic = base64.b64encode(f"{shop.config.write_key}:".encode()).decode()
    assert shop.post("events", view(), headers={"Authorization": f"Basic {basic}"}).status == 202


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:3002"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_foreign_web_page_reaches_nothing(shop: Client, header: dict[str, str]) -> None:
    answer = shop.post("events", view(), headers=header)
    assert answer.status == 403
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert shop.get("/metrics", header).status == 403


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/csv"}, b"a,b", 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"{}", 415),
        ({"Content-Type": "application/json; charset=latin-1"}, b"{}", 415),
        ({"Content-Type": "application/json; charset=UTF-8"}, b'{"event_type":"x"}', 202),
        ({"Content-Encoding": "br"}, b"{}", 415),
        ({"Content-Encoding": "gzip"}, b"not gzip", 422),
        ({}, b"", 422),
        ({}, b"[]", 422),
        ({}, b"nonsense", 422),
        ({}, b'{"event_type":', 422),
        ({}, b'[{"bad":1},{"bad":2}]', 422),
        ({}, b"[" * 100_000, 422),
        ({}, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 422),
        ({}, b"\xff\xfe\x00", 422),
        ({}, b"\x00" * 1000, 422),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_status(
    shop: Client, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = shop.post("events", body, headers=headers)
    assert answer.status == status
    if status != 202:
        assert set(answer.body["error"]) >= {"code", "name", "message"}


def test_bodies_are_bounded_packed_or_not(shop: Client) -> None:
    limit = shop.config.body_limit_bytes
    bomb = gzip.compress(b" " * (limit + 1), 1)
    assert shop.post("events", bomb, headers={"Content-Encoding": "gzip"}).status == 413
    twice = zlib.compress(b"", 9)
    assert shop.post("events", twice, headers={"Content-Encoding": "gzip"}).status == 422
    declared = shop.request(
        "POST",
        "/v1/events",
        b"",
        {
            "Content-Type": "application/json",
            "Content-Length": str(limit + 1),
            "Authorization": f"Bearer {shop.config.write_key}",
        },
    )
    assert declared.status == 413


def test_paths_and_methods_that_are_not_there(shop: Client) -> None:
    assert shop.post("carts", {}).status == 404
    assert shop.get("/nothing").body["error"]["name"] == "NOT_FOUND"
    answer = shop.get("/v1/events")
    assert (answer.status, answer.body["error"]["name"]) == (405, "METHOD_NOT_ALLOWED")


def test_a_large_request_is_taken_in_slices_and_told_as_one(shop: Client, store_client: StoreClient) -> None:
    batch = new_id()
    items = [{"event_type": "page_view", "session_id": f"{batch}{i % 4_000}"} for i in range(5_000)]
    items[4_500] = {"bad": "1"}
    answer = shop.post("events", items, wait=True).body
    assert (answer["accepted"], answer["rejected"]) == (4_999, 1)
    assert answer["errors"][0]["index"] == 4_500
    assert shop.get(f"/v1/receipts/{answer['batch_id']}").body == answer
    assert shop.post("events", items).body["duplicate"] == 4_999
    assert count(store_client) == 4_999


def test_dead_letters_keep_the_reason_and_the_text(shop: Client, store_client: StoreClient) -> None:
    bad = '{ "event_type": "page_view", "colour": "gr\\u00fcn" }'
    answer = shop.post("events", bad.encode())
    assert answer.status == 422
    assert answer.body["error"]["rejected"] == 1
    query = "SELECT kind, reason, field, raw, key_name, toString(batch_id) FROM footfall_private.dead_letters"
    settle(shop)
    rows = store_client.query(query).result_rows
    expected = ("events", "unknown_field", "colour", bad, "default", answer.body["error"]["batch_id"])
    assert rows == [expected]


def test_health_readiness_and_metrics_tell_the_state(shop: Client) -> None:
    shop.post("events", [view(), {"bad": 1}], wait=True)
    assert shop.get("/healthz").body == {"status": "ok"}
    ready = shop.get("/readyz")
    assert ready.status == 200
    assert (ready.body["accepting"], ready.body["store_reachable"]) == (True, True)
    assert ready.body["inbox"]["writable"]
    assert ready.body["inbox"]["limit_bytes"] == shop.config.inbox_limit_bytes
    text = shop.get("/metrics").body
    for name in (
        'items_total{kind="events",outcome="accepted"}',
        'rejected_total{kind="events",reason="unknown_field"}',
        'inbox_rows{lane="events"}',
        "inbox_age_seconds",
        'flush_rows_count{lane="events"}',
        'flush_seconds_bucket{lane="events",le="0.1"}',
    ):
        assert f"footfall_ingest_{name}" in text
    assert shop.config.write_key not in text
