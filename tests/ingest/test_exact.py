"""Whatever JSON is sent, the store holds exactly what was sent, or the item has an error and a letter."""

import json
import uuid
from decimal import Decimal
from typing import Any

from clickhouse_connect.driver.client import Client as StoreClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from footfall.model import numeric_id
from tests.conftest import empty
from tests.ingest.client import Client, settle

NDJSON = {"Content-Type": "application/x-ndjson"}
URLS = ("page_url", "referrer", "search_term", "utm_source")
# Numbers as hardly anybody writes them, and what is no number.
ODD = (
    *("-0", "-0.0", "0e0", "1.0", "1E2", "1e2", "2.5", "1e-5", "1e400", "-1e400", "1e-400", "0.1"),
    *("0.30000000000000004", "9007199254740993", "18446744073709551615", "18446744073709551616"),
    *("-9223372036854775809", "99999999999999.9999", "100000000000000", "0.00001", "4294967295"),
    *("4294967296", "NaN", "Infinity", "-Infinity", "01", "+1", ".5", "5.", "0x10", "1_000", "9" * 400),
)


def written(fields: dict[str, str]) -> str:
    """A JSON object of names and values that are JSON already."""
    return "{" + ",".join(f"{name}: {value}" for name, value in fields.items()) + "}"


good_text = st.text(st.characters(codec="utf-8"), max_size=12)
text = (good_text | st.text(st.characters(codec=None), max_size=3)).map(json.dumps)  # with halves of pairs
number = (
    st.sampled_from(ODD)
    | st.integers(-3, 1 << 65).map(str)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.decimals(-(10**14), 10**14, places=4).map(str)
    | st.decimals(-100, 100, places=5).map(str)
)
scalar = number | text | st.sampled_from(["null", "true", "false"])
value = st.recursive(
    scalar,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(text, inner, max_size=3).map(written)
    ),
    max_leaves=6,
)
small = st.integers(-2, 1 << 33).map(str)
values = {
    "user_id": scalar | small,
    "session_id": scalar,
    "value": number,
    "quantity": small | scalar,
    "duration_seconds": small | scalar,
    "properties": st.dictionaries(text, value, max_size=3).map(written) | value,
    **dict.fromkeys(URLS, text | scalar),
}


@st.composite
def events(draw: st.DrawFn) -> dict[str, str]:
    """An event with a few fields, so that many of them have nothing wrong."""
    names = draw(st.lists(st.sampled_from(sorted(values)), max_size=2, unique=True))
    kind = json.dumps("x" + draw(good_text), ensure_ascii=draw(st.booleans()))
    return {"event_type": kind} | {name: draw(values[name]) for name in names}


def stored(store_client: StoreClient, event_id: str) -> dict[str, Any] | None:
    """The event's row by column."""
    result = store_client.query(
        "SELECT event_type, user_id, session_id, value, quantity, duration_seconds, properties,"
        " page_url, referrer, search_term, utm_source FROM events WHERE event_id = {id:UUID}",
        parameters={"id": event_id},
    )
    assert len(result.result_rows) <= 1
    return dict(zip(result.column_names, result.result_rows[0], strict=True)) if result.result_rows else None


def meant(name: str, token: str) -> Any:
    """What a column must hold of a value as it was sent; raises where it can hold nothing of it."""
    sent = json.loads(token, parse_float=Decimal, parse_constant=lambda word: 1 / 0)
    if sent is None:
        return {"value": 0, "quantity": 0, "duration_seconds": 0, "user_id": 0}.get(name, "")
    if name == "properties":
        assert isinstance(sent, dict)
        return token
    if name == "value":
        assert not isinstance(sent, bool)
        return Decimal(sent)
    if name in {"quantity", "duration_seconds"}:
        assert sent == int(sent) and not isinstance(sent, bool | str)
        return int(sent)
    if name in {"user_id", "session_id"}:
        assert isinstance(sent, str | int) and not isinstance(sent, bool)
        return numeric_id(str(sent)) if name == "user_id" else str(sent)
    assert isinstance(sent, str)
    return sent


@given(items=st.lists(events(), min_size=5, max_size=25))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_stored_equals_what_was_sent(
    shop: Client, store_client: StoreClient, items: list[dict[str, str]]
) -> None:
    empty(store_client)
    ids = [str(uuid.uuid4()) for _ in items]
    lines = [
        written({f'"{name}"': token for name, token in item.items()} | {'"event_id"': f'"{event_id}"'})
        for item, event_id in zip(items, ids, strict=True)
    ]
    answer = shop.post("events", "\n".join(lines).encode("utf-8"), wait=True, headers=NDJSON)
    assert answer.status in {200, 422}
    told = answer.body if answer.status == 200 else answer.body["error"]
    refused = {error["index"] for error in told["errors"]}
    for number, (item, event_id) in enumerate(zip(items, ids, strict=True)):
        row = stored(store_client, event_id)
        assert (row is None) == (number in refused), (lines[number], told)
        if row is not None:
            assert {name: row[name] for name in item} == {name: meant(name, item[name]) for name in item}
    settle(shop)
    kept = store_client.query("SELECT count() FROM footfall_private.dead_letters").result_rows[0][0]
    assert kept == len(refused)
