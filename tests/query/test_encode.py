"""Answers in JSON and CSV: exact money, ids as text, times with milliseconds, nothing that is not finite."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

from footfall.query import Answer, Column, encode
from footfall.query.encode import encode_csv

COLUMNS = tuple(
    Column(name, unit, "")
    for name, unit in (
        ("user_id", "id"),
        ("money", "money"),
        ("at", "time"),
        ("day", "day"),
        ("name", "text"),
    )
)
ROW = {
    "user_id": "18446744073709551615",
    "money": Decimal("12345678901234.1000"),
    "at": datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC),
    "day": date(2026, 1, 2),
    "name": 'a "b", c',
}


def test_json() -> None:
    answer = Answer(COLUMNS, [ROW, dict.fromkeys(ROW)], {"freshness": ROW["at"], "notes": []})
    text = encode(answer).decode()
    assert '"user_id":"18446744073709551615","money":12345678901234.1000,' in text
    decoded = json.loads(text)
    assert decoded["data"][0]["at"] == "2026-01-02T03:04:05.006Z"
    assert decoded["data"][0]["day"] == "2026-01-02"
    assert decoded["data"][1] == dict.fromkeys(ROW)
    assert decoded["meta"]["freshness"] == "2026-01-02T03:04:05.006Z"
    assert decoded["meta"]["columns"][0] == {
        "name": "user_id", "unit": "id", "help": "", "estimate": False, "raw": False,
    }  # fmt: skip


def test_what_a_spreadsheet_would_run_is_text_in_csv() -> None:
    columns = (Column("name", "text", ""), Column("n", "count", ""))
    cells = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "-12.5", "a=b"]
    rows = [{"name": cell, "n": -1} for cell in cells]
    lines = encode_csv(Answer(columns, rows, {})).decode().splitlines()
    assert lines == [
        "name,n",
        "'=1+1,-1",
        "'+cmd,-1",
        "'-2+3,-1",
        "'@SUM(A1),-1",
        "'\t=1,-1",
        "-12.5,-1",
        "a=b,-1",
    ]


def test_csv() -> None:
    text = encode_csv(Answer(COLUMNS, [ROW, dict.fromkeys(ROW)], {})).decode()
    assert text.splitlines() == [
        "user_id,money,at,day,name",
        '18446744073709551615,12345678901234.1000,2026-01-02T03:04:05.006Z,2026-01-02,"a ""b"", c"',
        ",,,,",
    ]
