"""Native for clients of a newer protocol: `client_protocol_version` from 54454 on."""

import struct

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.engine.native import NewerNative
from tests.engine.speak import code
from tests.http.packing import unblocks

INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
TYPES = {
    "UInt8": "number",
    "Int256": "number",
    "Float64": "number / 3",
    "Bool": "number % 2",
    "String": "repeat('x', number * 40)",
    "FixedString(5)": "toString(number)",
    "Decimal(9, 2)": "number",
    "Decimal(76, 2)": "number",
    "Date": "number",
    "DateTime64(3, 'UTC')": "number",
    "Enum8('a' = 0, 'b, c)' = 1, 'd\\\\'' = 2)": "number % 3",
    "UUID": "generateUUIDv4()",
    "IPv6": "'::1'",
    "Nullable(String)": "number % 2 ? NULL : 'there'",
    "Array(Array(Nullable(String)))": "[[toString(number), NULL], [], ['']]",
    "LowCardinality(String)": "toString(number % 2)",
    "LowCardinality(Nullable(String))": "number % 2 ? NULL : 'there'",
    "Array(LowCardinality(String))": "arrayMap(x -> toString(x % 3), range(number))",
    "Map(String, Array(UInt32))": "map(toString(number), range(number))",
    "Map(LowCardinality(String), Nullable(Int8))": "map('a', NULL, 'b', number)",
    "Tuple(a UInt8, `b c` String, d Array(Date))": "(number, 'x', [1, 2])",
    "Nested(a UInt8, b String)": "[(number, 'x')]",
    "Variant(Array(UInt8), String, UInt64)": "number % 2 ? toString(number)::Variant(String, UInt64)"
    " : number::UInt64::Variant(String, UInt64)",
    "SimpleAggregateFunction(sum, UInt64)": "number",
    "IntervalDay": "toIntervalDay(number)",
    "MultiPolygon": "[[[(1, 2), (3, 4)]]]",
    "Nullable(Nothing)": "NULL",
}


def ask(client: httpx.Client, sql: str, version: int = 54460, **params: str) -> httpx.Response:
    params |= {"client_protocol_version": str(version), "default_format": "Native"}
    return client.post("/", params=params, content=sql)


def test_a_newer_client_gets_information_about_each_block_and_column(owner_http: httpx.Client) -> None:
    sql = "SELECT toUInt16(number) AS a, toString(number) AS s FROM numbers(2)"
    assert ask(owner_http, sql).content == INFO + (
        b"\x02\x02\x01a\x06UInt16\x00" + struct.pack("<2H", 0, 1) + b"\x01s\x06String\x00\x010\x011"
    )
    assert not ask(owner_http, sql, 54453).content.startswith(INFO)


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_columns_of_a_type_are_walked_to_their_end(owner_http: httpx.Client, kind: str) -> None:
    """A second column ends where it should only where the first does."""
    sql = f"SELECT CAST({TYPES[kind]}, '{kind.replace(chr(39), chr(92) + chr(39))}') AS x, 'after' AS after"
    if kind in ("SimpleAggregateFunction(sum, UInt64)", "Nullable(Nothing)", "IntervalDay"):
        sql = f"SELECT {TYPES[kind]} AS x, 'after' AS after"
    sql += " FROM numbers({rows:UInt32}) SETTINGS allow_suspicious_low_cardinality_types = 1"
    sql += ", max_block_size = 300, allow_experimental_variant_type = 1"
    for rows in (0, 1, 1000):
        old = ask(owner_http, sql, 0, param_rows=str(rows)).content
        new = ask(owner_http, sql, param_rows=str(rows))
        assert new.status_code == 200, new.text
        blocks = new.content.count(b"\x05after\x06String\x00")
        assert blocks == old.count(b"\x05after\x06String")
        assert len(new.content) == len(old) + blocks * (len(INFO) + 2)
        assert new.content.endswith(b"\x05after" * min(rows, 100))  # as many are in the last of four blocks


def test_large_results_blocks_and_errors(owner_http: httpx.Client) -> None:
    sql = "SELECT number, repeat('x', 100) AS s FROM numbers(300000) SETTINGS max_threads = 1"
    old, new = ask(owner_http, sql, 0).content, ask(owner_http, sql).content
    blocks = new.count(b"\x01s\x06String\x00")
    assert blocks > 1
    assert len(new) == len(old) + blocks * (len(INFO) + 2)
    plain = {"Accept-Encoding": "identity"}
    packed = owner_http.post(
        "/?compress=1&client_protocol_version=54460", content=sql + " FORMAT Native", headers=plain
    )
    assert unblocks(packed.content) == new
    refused = ask(owner_http, "SELECT sumState(number) FROM numbers(3)")
    assert (refused.status_code, code(refused)) == (501, 48)
    assert code(ask(owner_http, "SELECT nothing")) == 47


@given(st.lists(st.integers(1, 60), max_size=12))
def test_blocks_come_out_however_they_come_in(sizes: list[int]) -> None:
    block = b"\x02\x02\x01a\x06UInt16" + struct.pack("<2H", 0, 1) + b"\x01s\x06String\x010\x011"
    whole = NewerNative()
    expected = whole.encode(block * 4) + whole.finish()
    piecemeal, got, rest = NewerNative(), b"", block * 4
    for size in sizes:
        got += piecemeal.encode(rest[:size])
        rest = rest[size:]
    assert got + piecemeal.encode(rest) + piecemeal.finish() == expected
    assert expected.count(INFO) == 4
