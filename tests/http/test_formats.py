"""Every format that the engine has, out of it and into it: as an INSERT and as external data."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from footfall.config import Config

TWO = "SELECT number + 1 AS n, toString(number) AS s FROM numbers(2)"
ONE = "SELECT 1 AS n, 'a' AS s"
# What these formats write best, or can at all.
RESULTS = {
    "GeoJSON": "SELECT (1, 2)::Point AS geometry",
    "LineAsString": "SELECT 'a' AS s",
    "Npy": "SELECT number AS n FROM numbers(2)",
    "PNG": "SELECT toUInt8(number) AS v FROM numbers(4)",
    "Prometheus": "SELECT 'a' AS name, 1. AS value",
    "ProtobufSingle": ONE,
    "RawBLOB": "SELECT 'a' AS s",
}
# Rows of formats that write nothing, or what another one reads: columns, the rows, how many they are.
DATA = {
    "CustomSeparatedIgnoreSpaces": ("n UInt8, s String", b'1 , "a" ;', 1),
    "CustomSeparatedIgnoreSpacesWithNames": ("n UInt8, s String", b'"n" , "s"; 1,"a" ;', 1),
    "CustomSeparatedIgnoreSpacesWithNamesAndTypes": (
        "n UInt8, s String",
        b'"n","s" ; "UInt8" ,"String";1, "a";',
        1,
    ),
    "Form": ("n UInt8, s String", b"n=1&s=a", 1),
    "JSONAsObject": ("j JSON", b'{"a": 1}\n{"a": 2}', 2),
    "JSONAsString": ("s String", b'{"a": 1}\n{"a": 2}', 2),
    "LineAsString": ("s String", b"a\nb\n", 2),
    "MySQLDump": ("n UInt8, s String", b"INSERT INTO `t` VALUES (1,'a'),(2,'b');\n", 2),
    "Npy": ("n UInt64", b"", 2),
    "One": ("dummy UInt8", b"a", 1),
    "ProtobufSingle": ("n UInt8, s String", b"", 1),
    "RawBLOB": ("s String", b"a\nb", 1),
    "Regexp": ("n UInt8, s String", b"1-a\n2-b\n", 2),
    "RowBinaryWithDefaults": ("n UInt8, s String DEFAULT 'b'", b"\0\1\1", 1),
    "RowBinaryWithNamesAndTypesAndDefaults": ("n UInt8", b"\1\1n\5UInt8\0\1", 1),
}
_SPACED = {
    "format_custom_escaping_rule": "CSV",
    "format_custom_field_delimiter": ",",
    "format_custom_row_after_delimiter": ";",
}
SETTINGS = {
    "Regexp": {"format_regexp": "^(\\d)-(.)$", "format_regexp_escaping_rule": "Raw"},
    "CustomSeparatedIgnoreSpaces": _SPACED,
    "CustomSeparatedIgnoreSpacesWithNames": _SPACED,
    "CustomSeparatedIgnoreSpacesWithNamesAndTypes": _SPACED,
}
# These want a registry, a template, a geometry, a program's debugging symbols, or another file of a lake.
NEED_MORE = {
    *("AvroConfluent", "DWARF", "GeoJSON", "ParquetMetadata", "Puffin", "PuffinMetadata"),
    *("Template", "TemplateIgnoreSpaces"),
}


@pytest.fixture(scope="module")
def formats(owner_http: httpx.Client) -> list[tuple[str, bool, bool]]:
    """Name, whether it is read, whether it is written."""
    listed = owner_http.post(
        "/", content="SELECT name, is_input, is_output FROM system.formats ORDER BY name"
    )
    lines = (line.split("\t") for line in listed.text.splitlines())
    return [(name, reads == "1", writes == "1") for name, reads, writes in lines]


@pytest.fixture
def table(owner_http: httpx.Client) -> Iterator[str]:
    name = f"footfall.formats_{uuid4().hex}"
    yield name
    owner_http.post("/", content=f"DROP TABLE IF EXISTS {name}")


def test_every_output_format_is_written(
    owner_http: httpx.Client, formats: list[tuple[str, bool, bool]]
) -> None:
    written = [name for name, _, writes in formats if writes and name not in NEED_MORE]
    for name in written:
        answer = owner_http.post("/", content=f"{RESULTS.get(name, TWO)} FORMAT {name}")
        assert answer.status_code == 200, (name, answer.text)
        assert answer.headers["X-ClickHouse-Format"] == name
        assert answer.content or name == "Null", name
    assert len(written) > 80


def test_every_input_format_is_inserted_and_comes_as_external_data(
    owner_http: httpx.Client, formats: list[tuple[str, bool, bool]], table: str
) -> None:
    read = [name for name, reads, _ in formats if reads and name not in NEED_MORE]
    for name in read:
        columns, data, rows = DATA.get(name, ("n UInt64, s String", b"", 2))
        data = data or owner_http.post("/", content=f"{RESULTS.get(name, TWO)} FORMAT {name}").content
        settings = SETTINGS.get(name, {})
        owner_http.post("/", content=f"CREATE OR REPLACE TABLE {table} ({columns}) ENGINE = Memory")
        insert = {"query": f"INSERT INTO {table} FORMAT {name}", **settings}
        answer = owner_http.post("/", params=insert, content=data)
        assert answer.status_code == 200, (name, answer.text)
        assert owner_http.post("/", content=f"SELECT count() FROM {table}").text == f"{rows}\n", name
        described = {"query": "SELECT count() FROM e", "e_structure": columns, "e_format": name, **settings}
        external = owner_http.post("/", params=described, files={"e": ("e", data)})
        assert external.text == f"{rows}\n", name
    assert len(read) > 60


def test_schemas_and_files_are_where_the_database_keeps_them(
    owner_http: httpx.Client, config: Config
) -> None:
    schema = 'syntax = "proto3"; message M { uint32 n = 1; }'
    in_the_url = {
        "format_schema_source": "string",
        "format_schema": schema,
        "format_schema_message_name": "M",
    }
    sql = "SELECT 1 AS n FORMAT Protobuf"
    assert owner_http.post("/", params=in_the_url, content=sql).content == b"\2\10\1"
    files = config.data_dir / "clickhouse" / "user_files"
    name = f"schema_{uuid4().hex}"
    insert = {"query": f"INSERT INTO FUNCTION file('{name}.proto', RawBLOB, 's String') FORMAT RawBLOB"}
    assert owner_http.post("/", params=insert, content=schema.encode()).status_code == 200
    assert (files / f"{name}.proto").read_text() == schema
    assert owner_http.post("/", params={"format_schema": f"{name}:M"}, content=sql).content == b"\2\10\1"
    (Path(files) / f"{name}.proto").unlink()
