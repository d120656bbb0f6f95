"""Files are told by their content, streamed, and every line that is no row is named."""

import csv
import gzip
import io
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from footfall.errors import UsageError
from footfall.ingest.imports import source as module
from footfall.ingest.imports.source import BadLine, Row, Source

CSV = 'order_id,text\n1,plain\n2,"with, comma and ""quotes"""\n3,"two\nlines"\n4,£ \u00e9\n'
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "two gzip members": lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:]),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "two zstd frames": lambda data: b"".join(
        zstandard.ZstdCompressor().compress(d) for d in (data[:20], data[20:])
    ),
}


def write(folder: Path, data: bytes | str) -> Path:
    path = folder / "file.anything"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def rows(path: Path, **options: str) -> list[Row | BadLine]:
    return list(Source(path, **options).rows())


def values(path: Path, **options: str) -> list[list[object]]:
    found = rows(path, **options)
    return [[row.number, *row.values.values()] for row in found if isinstance(row, Row)]


@pytest.mark.parametrize("packed", PACKED)
def test_csv_however_it_is_packed(tmp_path: Path, packed: str) -> None:
    assert values(write(tmp_path, PACKED[packed](CSV.encode()))) == [
        [2, "1", "plain"],
        [3, "2", 'with, comma and "quotes"'],
        [4, "3", "two\nlines"],
        [6, "4", "£ é"],
    ]


@pytest.mark.parametrize("packed", PACKED)
def test_ndjson_however_it_is_packed(tmp_path: Path, packed: str) -> None:
    text = '{"a": 1.10, "b": null}\n\n{"a": "x"}\n'
    found = rows(write(tmp_path, PACKED[packed](text.encode())))
    assert [(row.number, row.values) for row in found if isinstance(row, Row)] == [
        (1, {"a": Decimal("1.10"), "b": None}),
        (3, {"a": "x"}),
    ]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "file"
    moment = datetime(2026, 1, 2, 3, 4, 5)
    table = pyarrow.table(
        {"id": [1.0, None], "at": [moment, moment], "price": [Decimal("2.50"), Decimal("3.75")]}
    )
    pyarrow.parquet.write_table(table, path)
    assert Source(path).columns == ("id", "at", "price")
    assert values(path) == [[1, 1.0, moment, Decimal("2.50")], [2, None, moment, Decimal("3.75")]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_shows_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    assert values(write(tmp_path, f"a{delimiter}b\r\n1{delimiter}2\r\n")) == [[2, "1", "2"]]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert Source(write(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n")).columns == ("a", "b")


def test_another_encoding_has_to_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,£\n2,x\n".encode("cp1252"))
    bad, good = rows(path)
    assert isinstance(bad, BadLine) and (bad.number, bad.reason) == (2, "invalid_unicode")
    assert isinstance(good, Row) and good.values == {"a": "2", "b": "x"}
    assert values(path, encoding="cp1252") == [[2, "1", "£"], [3, "2", "x"]]


def test_lines_that_are_no_rows_are_named_and_passed_by(tmp_path: Path) -> None:
    found = rows(write(tmp_path, "a,b\n1,2\n3\n4,5,6\n\n7,8\n"))
    assert [(row.number, row.reason) for row in found if isinstance(row, BadLine)] == [
        (3, "invalid_csv"),
        (4, "invalid_csv"),
    ]
    assert [row.number for row in found if isinstance(row, Row)] == [2, 6]
    found = rows(write(tmp_path, '{"a": 1}\n{"a": \n[1]\n{"a": 2}\n'))
    assert [(row.number, row.reason) for row in found if isinstance(row, BadLine)] == [
        (2, "invalid_json"),
        (3, "not_an_object"),
    ]


@pytest.mark.parametrize("start", ["a,b\n1,{}\n2,x\n", 'a,b\n1,"{}"\n2,x\n', '{{"a": "{}"}}\n{{"a": 2}}\n'])
def test_a_line_of_any_length_takes_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setattr(module, "LINE_LIMIT", 1000)
    bad, good = rows(write(tmp_path, start.format("x" * 5000)))
    assert isinstance(bad, BadLine) and bad.reason == "too_large"
    assert isinstance(good, Row)


def test_a_quote_that_is_never_closed_does_not_swallow_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINE_LIMIT", 200)
    found = rows(write(tmp_path, 'a,b\n1,"open\n' + "2,x\n" * 100))
    assert [row.reason for row in found if isinstance(row, BadLine)] == ["too_large"]
    assert sum(isinstance(row, Row) for row in found) > 40


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty"),
        (b'[{"a": 1}]', "give one object a line"),
        (b"a,a\n1,2\n", "two columns 'a'"),
        (b"\xff\xfe\x00", "is no text in utf-8"),
        (b"a\0b\n", "neither CSV, NDJSON nor Parquet"),
        (b"PAR1 and nothing else", "Parquet"),
        (gzip.compress(b"a,b\n", mtime=0)[:12], "ended"),
    ],
)
def test_a_file_of_no_known_kind_is_refused(tmp_path: Path, data: bytes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Source(write(tmp_path, data))


@pytest.mark.parametrize("packed", ["gzip", "zstd"])
def test_a_file_that_is_cut_off_is_told_after_its_good_rows(tmp_path: Path, packed: str) -> None:
    lines = "".join(f"{number},{number * 7919 % 104729}\n" for number in range(50_000))
    whole = PACKED[packed](b"a,b\n" + lines.encode())
    found = 0
    with pytest.raises(UsageError, match="cut off or damaged"):
        for _ in Source(write(tmp_path, whole[: len(whole) // 2])).rows():
            found += 1
    assert 0 < found < 50_000


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=2, max_size=2
        ).filter(any),
        max_size=20,
    )
)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([["a", "b"], *table])
    path = write(tmp_path_factory.mktemp("csv"), text.getvalue())
    assert [row[1:] for row in values(path)] == table
