"""`footfall import`, whole: a file's rows arrive once, however often and in whatever company they come."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.model import numeric_id
from tests import support

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def stack(fresh_store: Config, ingest_url: str) -> None:
    """An empty store, and ingest in front of it."""


def run(config: Config, path: Path, *options: str) -> tuple[int, list[str]]:
    done = support.run(config, "import", str(path), *options)
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout.splitlines()


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")


def lines(marks: list[str]) -> str:
    """A file of searches; equal marks are equal lines."""
    return "event_type,event_timestamp,user_id,search_term\n" + "".join(
        f"search,{ago(60)},user,{mark}\n" for mark in marks
    )


def marks(client: Client) -> list[str]:
    found = client.query("SELECT search_term FROM footfall.events ORDER BY search_term").result_rows
    return [row[0] for row in found]


def test_the_same_lines_are_added_once_and_equal_lines_all_count(
    config: Config, store_client: Client, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "file.csv"
    tag = request.node.name
    first = [f"{tag} a", f"{tag} b", f"{tag} b", f"{tag} c"]
    file.write_text(lines(first))
    assert run(config, file) == (0, ["4 rows: 4 accepted, 0 duplicate, 0 rejected"])
    assert run(config, file) == (0, ["4 rows: 0 accepted, 4 duplicate, 0 rejected"])
    longer = [f"{tag} new", *reversed(first), f"{tag} b"]
    file.write_bytes(gzip.compress(lines(longer).encode()))
    assert run(config, file) == (0, ["6 rows: 2 accepted, 4 duplicate, 0 rejected"])
    assert run(config, file, "--shift")[1][0] == "6 rows: 0 accepted, 6 duplicate, 0 rejected"
    assert marks(store_client) == sorted(longer)


def test_orders_keep_their_ids_and_their_cents(config: Config, store_client: Client, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    rows = [
        f"X1,85123A,white £ heart,3,{ago(5)},2.55,7,EIRE",
        f"X1,85123a,,100000,{ago(5)},0.0001,,United Kingdom",
        f"X1,85123A,white £ heart,3,{ago(5)},2.55,7,EIRE",
        f'CX9,85123A,"a, b",-2,{ago(4)},2.55,7,EIRE',
        f"X2,DOT,,-4,{ago(3)},0,,Nowhere",
    ]
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    file.write_text("\n".join([header, *rows, ""]))
    assert run(config, file, "--mapping", "online_retail")[1] == [
        "5 rows: 5 accepted, 0 duplicate, 0 rejected"
    ]
    found = store_client.query(
        "SELECT order_id, product_id, user_id, status, quantity, total_amount, country, unlinked, properties"
        " FROM footfall.orders ORDER BY order_id DESC, product_id DESC"
    ).result_rows
    upper, lower = numeric_id("85123A"), numeric_id("85123a")
    by_key = {(row[0], row[1], row[3]): row for row in found}
    assert upper != lower and len(found) == 5
    assert sum(row[5] for row in found if row[:2] == ("X1", upper)) == Decimal("15.30")
    assert by_key[("X1", lower, "completed")][5] == Decimal("10.0000")
    assert by_key[("CX9", upper, "refunded")][4:8] == (-2, Decimal("-5.10"), "IE", True)
    assert by_key[("X2", numeric_id("DOT"), "adjusted")][4:7] == (-4, 0, "ZZ")
    kept = json.loads(by_key[("CX9", upper, "refunded")][8])
    assert kept["Description"] == "a, b"


def test_reasons_come_with_their_lines(config: Config, store_client: Client, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    good = f"search,{ago(1)},1"
    file.write_text(
        "\n".join(
            [
                "event_type,event_timestamp,revenue",
                f"search,{ago(1)},",
                good,
                "search,soon,",
                "search,,",
                "search",
                "",
            ]
        )
    )
    code, told = run(config, file)
    assert code == 1
    assert told[0] == "5 rows: 1 accepted, 0 duplicate, 4 rejected"
    reasons = {line.split(",")[0].removeprefix("rejected ") for line in told[1:]}
    assert reasons == {"revenue_not_allowed", "invalid_timestamp", "missing_field", "invalid_csv"}
    assert next(line for line in told if "revenue_not_allowed" in line).endswith("(lines 3)")
    assert any("--map event_timestamp=COLUMN" in line for line in told)


def test_history_older_than_it_is_kept_names_the_setting(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(
        "event_type,event_timestamp\n" + "".join(f"search,2011-01-0{d} 10:00\n" for d in (1, 2)) * 150
    )
    code, told = run(config, file)
    assert code == 1
    assert told[0] == "300 rows: 0 accepted, 0 duplicate, 300 rejected"
    assert told[1].startswith("rejected too_late, 300 rows: ") and "FOOTFALL_EVENTS_TTL_DAYS=0" in told[1]


def test_a_shift_brings_the_last_row_to_now(config: Config, store_client: Client, tmp_path: Path) -> None:
    file = tmp_path / "old.ndjson"
    days = [
        {
            "event_type": "search",
            "event_timestamp": f"2011-01-0{day}T10:00:00Z",
            "search_term": f"shift {day}",
        }
        for day in (3, 1, 2)
    ]
    file.write_text("\n".join(map(json.dumps, days)))
    code, told = run(config, file, "--shift")
    assert (code, told[0]) == (0, "3 rows: 3 accepted, 0 duplicate, 0 rejected")
    found = store_client.query(
        "SELECT search_term, event_timestamp FROM footfall.events ORDER BY 2"
    ).result_rows
    assert [row[0] for row in found] == ["shift 1", "shift 2", "shift 3"]
    assert found[2][1] - found[0][1] == timedelta(days=2)
    assert abs(datetime.now(UTC) - found[2][1].replace(tzinfo=UTC)) < timedelta(minutes=1)
    assert run(config, file, "--shift")[1][0] == "3 rows: 0 accepted, 3 duplicate, 0 rejected"


def test_users_and_products_from_parquet(config: Config, store_client: Client, tmp_path: Path) -> None:
    file = tmp_path / "people"
    table = pyarrow.table(
        {
            "id": ["ann", "7"],
            "country": ["Germany", "GB"],
            "vip": [True, False],
            "since": [NOW.date(), NOW.date()],
        }
    )
    pyarrow.parquet.write_table(table, file)
    options = (
        "--as",
        "users",
        "--map",
        "user_id=id",
        "--map",
        "is_premium=vip",
        "--map",
        "registration_date=since",
    )
    assert run(config, file, *options)[1] == ["2 rows: 2 accepted, 0 duplicate, 0 rejected"]
    found = store_client.query(
        "SELECT user_id, external_id, country, is_premium FROM footfall.users ORDER BY external_id"
    ).result_rows
    assert found == [(7, "7", "UK", False), (numeric_id("ann"), "ann", "DE", True)]
    file.write_text('{"product_id": "sku", "name": "Lamp", "price": 9.99}\n')
    assert run(config, file, "--as", "products")[1] == ["1 rows: 1 accepted, 0 duplicate, 0 rejected"]
    assert store_client.query("SELECT name, price FROM footfall.products").result_rows == [
        ("Lamp", Decimal("9.99"))
    ]


def test_ingest_that_is_away_is_one_clear_line(own_config: Config, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(lines(["x"]))
    done = support.run(own_config, "import", str(file))
    assert done.returncode == 1
    assert done.stderr.startswith("footfall: ingest does not take rows at") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "options", [("--mapping", "nothing"), ("--map", "a=b"), ("--tz", "Nowhere"), ("--as", "x")]
)
def test_wrong_usage_exits_with_2(own_config: Config, tmp_path: Path, options: tuple[str, ...]) -> None:
    file = tmp_path / "file.csv"
    file.write_text(lines(["x"]))
    assert support.run(own_config, "import", str(file), *options).returncode == 2
