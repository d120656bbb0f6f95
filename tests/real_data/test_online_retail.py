"""Two months of a real shop's order lines give the reference's answers, from the ledger of orders.

The set and its answers are described in the README beside them: the answers were computed twice, in pandas
and in DuckDB, and never by ClickHouse.
"""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from footfall.countries import country_code
from footfall.model import numeric_id
from tests.real_data.conftest import Shop
from tests.support import SHARED_DATA

FOLDER = SHARED_DATA / "online_retail_dev"
RANGE = {"from": "2010-12-01", "to": "2011-02-01"}
SEGMENTS = {"AtRisk": "At risk"}


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    reference: dict[str, Any] = json.loads((FOLDER / "reference.json").read_text(), parse_float=Decimal)
    return dict(reference["answers"])


@pytest.fixture(scope="module")
def imported(shop: Shop) -> list[str]:
    return shop.import_file(str(FOLDER / "lines.csv.gz"), "--mapping", "online_retail")


@pytest.fixture
def orders(shop: Shop, imported: list[str]) -> Shop:
    return shop


def test_every_line_is_accepted(imported: list[str]) -> None:
    assert imported == ["77628 rows: 77628 accepted, 0 duplicate, 0 rejected"]


def test_totals(orders: Shop, answers: dict[str, Any]) -> None:
    (row,) = orders.ask("order_totals", **RANGE)
    totals = answers["totals"]
    assert row["lines"] == totals["rows"]
    assert row["customers"] == totals["users"]
    assert row["lines_without_user"] == totals["rows_without_user"]
    assert row["products"] == totals["products"]
    assert row["orders"] == totals["orders"]
    assert row["buyers"] == totals["buyers"]
    assert row["gross"] == totals["gross"]
    assert row["refunds"] == totals["refunds"]
    assert row["net"] == totals["net_purchase_refund"]
    assert row["first_line"].strftime("%Y-%m-%d %H:%M:%S") == totals["ts_min"]
    assert row["last_line"].strftime("%Y-%m-%d %H:%M:%S") == totals["ts_max"]


def test_the_overview_says_the_same_from_the_rollup(orders: Shop, answers: dict[str, Any]) -> None:
    (row,) = orders.ask("stats", **RANGE)
    totals = answers["totals"]
    assert (row["orders"], row["gross"], row["refunds"], row["net"]) == (
        totals["orders"], totals["gross"], totals["refunds"], totals["net_purchase_refund"],
    )  # fmt: skip
    assert row["aov"] == pytest.approx(float(totals["gross"]) / totals["orders"], abs=0.00005)


def test_kinds_of_lines(orders: Shop, answers: dict[str, Any]) -> None:
    rows = orders.ask("order_breakdown", by="status", **RANGE)
    ours = {"purchase": "completed", "refund": "refunded", "adjustment": "adjusted"}
    assert {row["value"]: row["lines"] for row in rows} == {
        ours[kind]: lines for kind, lines in answers["totals"]["by_event"].items()
    }


def test_refunds_of_orders_that_are_not_in_the_file_are_unlinked(
    orders: Shop, answers: dict[str, Any]
) -> None:
    (row,) = orders.ask("order_totals", **RANGE)
    assert row["unlinked"] == answers["totals"]["refunds"]
    rows = orders.ask("order_history", status="refunded", limit="1000", **RANGE)
    assert rows and all(row["unlinked"] and row["quantity"] < 0 and row["total_amount"] <= 0 for row in rows)


@pytest.mark.parametrize(("grain", "answer"), [("hour", "hourly"), ("day", "daily")])
def test_lines_customers_and_gross_over_time(
    orders: Shop, answers: dict[str, Any], grain: str, answer: str
) -> None:
    rows = orders.ask("revenue_trend", grain=grain, **RANGE)
    assert [
        [row["period"].strftime("%Y-%m-%d %H:%M:%S"), row["lines"], row["customers"], row["gross"]]
        for row in rows
    ] == answers[answer]


def test_months(orders: Shop, answers: dict[str, Any]) -> None:
    rows = orders.ask("revenue_trend", grain="month", **RANGE)
    assert [
        [row["period"].strftime("%Y-%m"), row["gross"], row["refunds"], row["orders"], row["buyers"]]
        for row in rows
    ] == answers["monthly"]


def test_hours_of_the_day(orders: Shop, answers: dict[str, Any]) -> None:
    rows = orders.ask("order_hours", **RANGE)
    assert [[row["hour"], row["lines"], row["customers"]] for row in rows if row["lines"]] == answers[
        "hour_of_day"
    ]


def test_top_products_from_the_rollup_and_from_the_ledger(orders: Shop, answers: dict[str, Any]) -> None:
    expected = [(str(numeric_id(code)), revenue, lines) for code, revenue, lines in answers["top_products"]]
    from_rollup = orders.ask("top_products", limit="10", **RANGE)
    assert [(row["product_id"], row["revenue"]) for row in from_rollup] == [
        (product, revenue) for product, revenue, _ in expected
    ]
    from_ledger = orders.ask("order_breakdown", by="product_id", limit="10", **RANGE)
    assert [(row["value"], row["gross"], row["completed_lines"]) for row in from_ledger] == expected


def test_countries(orders: Shop, answers: dict[str, Any]) -> None:
    rows = orders.ask("order_breakdown", by="country", limit="100", **RANGE)
    found = [
        [row["value"], row["lines"], row["customers"], row["completed_lines"], row["gross"]] for row in rows
    ]
    expected = [[country_code(name), *rest] for name, *rest in answers["breakdown"]["country"]]
    assert sorted(found) == sorted(expected)


def test_retention_of_buyers(orders: Shop, answers: dict[str, Any]) -> None:
    rows = orders.ask("order_retention", weeks="4", **RANGE)
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["cohort"].isoformat(), [0] * 5)[row["week"]] = row["users"]
    assert [[cohort, *weeks] for cohort, weeks in found.items()] == answers["retention"]["cohorts"]
    ended = date(2011, 1, 31) - timedelta(days=35)
    complete = [weeks for cohort, weeks in found.items() if date.fromisoformat(cohort) <= ended]
    assert [sum(column) for column in zip(*complete, strict=True)] == answers["retention"]["overall"]


def test_scores_of_recency_frequency_and_money(orders: Shop, answers: dict[str, Any]) -> None:
    rows = orders.ask("user_scores", limit="100000", **RANGE)
    cells: dict[str, int] = {}
    for row in rows:
        cell = f"{row['r']}{row['f']}{row['m']}"
        cells[cell] = cells.get(cell, 0) + 1
    rfm = answers["rfm"]
    assert len(rows) == rfm["users"]
    assert cells == rfm["cells"]
    first = sorted(rows, key=lambda row: str(row["external_id"]))[: len(rfm["first_users"])]
    assert [[row["external_id"], row["r"], row["f"], row["m"]] for row in first] == rfm["first_users"]


def test_segments(orders: Shop, answers: dict[str, Any]) -> None:
    rows = orders.ask("user_segments", **RANGE)
    assert {row["segment"]: row["users"] for row in rows} == {
        SEGMENTS.get(name, name): users for name, users in answers["rfm"]["segments"].items()
    }


def test_products_are_named_by_an_import_of_the_same_file_as_products(
    orders: Shop, answers: dict[str, Any]
) -> None:
    told = orders.import_file(str(FOLDER / "lines.csv.gz"), "--mapping", "online_retail_products")
    assert told[0].startswith("77628 rows: ") and told[0].endswith(" 0 rejected")
    rows = orders.ask("top_products", limit="10", **RANGE)
    assert [row["external_id"] for row in rows] == [code for code, *_ in answers["top_products"]]
    assert rows[0]["name"] == "MEDIUM CERAMIC TOP STORAGE JAR"


def test_names_with_signs_of_their_own_are_kept_as_they_were(orders: Shop) -> None:
    rows = orders.ask("order_history", product_id="85123A", limit="1", **RANGE)
    assert [row["line_id"] for row in rows] == ["85123A"]


def test_the_same_file_again_adds_nothing(orders: Shop, imported: list[str]) -> None:
    again = orders.import_file(str(FOLDER / "lines.csv.gz"), "--mapping", "online_retail")
    assert again == ["77628 rows: 0 accepted, 77628 duplicate, 0 rejected"]
    (row,) = orders.ask("order_totals", **RANGE)
    assert row["lines"] == 77628
