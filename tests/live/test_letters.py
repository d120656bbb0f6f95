"""Dead letters on the live dashboard: counted by reason, shown on this machine alone, unseen by readers."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from tests import support
from tests.conftest import empty
from tests.dashboard.http import Answer, get, post
from tests.ingest.client import Client, settle
from tests.ingest.make import new_id

HOSTILE = '"><img src=x onerror="window.hacked=1">'


@pytest.fixture
def rejected(config: Config, store_client: StoreClient, ingest_url: str) -> str:
    """Three dead letters of two reasons; the text of one of them."""
    client = Client(config)
    settle(client)
    empty(store_client)
    text = f'{{"event_type":"x","{new_id()}":"a b"}}'
    assert client.post("events", f"[{text}]".encode()).status == 422
    assert client.post("events", [{"event_type": "x", new_id(): 1}]).status == 422
    assert client.post("orders", [{"order_id": new_id(), "status": HOSTILE}]).status == 422
    settle(client)
    return text


def test_letters_are_counted_by_reason_and_the_latest_are_shown(
    rejected: str, config: Config, start: Callable[..., support.Process]
) -> None:
    start("live", config)
    url = f"{config.url('live')}/api/dead-letters"
    groups = get(url).json
    assert [(row["kind"], row["reason"], row["letters"]) for row in groups["data"]] == [
        ("events", "unknown_field", 2),
        ("orders", "invalid_value", 1),
    ]
    assert groups["data"][1]["fields"] == ["status"]
    assert groups["data"][1]["keys"] == ["default"]
    latest = get(f"{url}/events/unknown_field").json["data"]
    assert len(latest) == 2
    assert (latest[1]["text"], latest[1]["key_name"], latest[1]["source"]) == (rejected, "default", "http")
    assert get(f"{url}/orders/too_late").json["data"] == []
    assert get(f"{url}/orders/nonsense").status == 400


def test_neither_queries_nor_the_sql_box_reach_them(
    rejected: str, config: Config, start: Callable[..., support.Process]
) -> None:
    start("live", config)
    answer: Answer = post(
        f"{config.url('live')}/api/sql", {"sql": "SELECT raw FROM footfall_private.dead_letters"}
    )
    assert answer.status == 400
    assert answer.json["error"]["store_name"] == "ACCESS_DENIED"


def test_where_others_may_open_the_page_texts_are_the_admins_alone(
    rejected: str, config: Config, start: Callable[..., support.Process]
) -> None:
    open_bind = replace(
        config,
        host="0.0.0.0",
        live_port=support.free_port(),
        clickhouse_url=config.store_url,
        admin_password="an admin's password",
        viewer_password="a viewer's password",
    )
    start("live", open_bind)
    url = f"{open_bind.url('live')}/api/dead-letters"
    for path in (url, f"{url}/events/unknown_field"):
        assert get(path).status == 401
        refused = get(path, {"Authorization": "Bearer a viewer's password"})
        assert refused.status == 403
        assert rejected.encode() not in refused.body
        assert get(path, {"Authorization": "Bearer an admin's password"}).status == 200


def test_a_page_of_another_origin_reaches_nothing(
    rejected: str, config: Config, start: Callable[..., support.Process]
) -> None:
    start("live", config)
    url = f"{config.url('live')}/api/dead-letters/events/unknown_field"
    answer = get(url, {"Host": "evil.example"})
    assert answer.status == 403
    assert "access-control-allow-origin" not in get(url, {"Origin": "https://evil.example"}).headers
