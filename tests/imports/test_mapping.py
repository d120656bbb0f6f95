"""A mapping makes our items of their rows, exactly, and keeps what no field takes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from footfall.errors import UsageError
from footfall.ingest.imports.mapping import Mapper, read_mapping
from footfall.ingest.imports.occurrences import Occurrences
from tests.support import ROOT

ID = "0d0c1b1e-1f6c-8b0a-8d5e-9a3c1d2e3f40"


def mapper(columns: str, *, kind: str = "events", file: str | None = None, tz: str | None = None,
           mapping: tuple[str, ...] = (), events: tuple[str, ...] = ()) -> Mapper:  # fmt: skip
    return Mapper(read_mapping(file, kind, mapping, events, tz), tuple(columns.split(",")))


def test_columns_of_our_names_are_our_fields_and_the_rest_is_kept() -> None:
    found = mapper("event_type,event_timestamp,user_id,plan,note").item(
        {
            "event_type": "search",
            "event_timestamp": "2026-01-02 03:04:05",
            "user_id": "u",
            "plan": "gold",
            "note": "",
        },
        ID,
    )
    assert found == {
        "event_type": "search", "event_timestamp": "2026-01-02T03:04:05Z", "user_id": "u",
        "properties": {"plan": "gold"}, "event_id": ID,
    }  # fmt: skip


def test_names_of_columns_and_events_are_mapped() -> None:
    found = mapper(
        "what,at", mapping=("event_type=what", "event_timestamp=at"), events=("basket=add_to_cart",)
    )
    assert found.item({"what": "basket", "at": "1767225600"}, ID)["event_type"] == "add_to_cart"
    assert found.item({"what": "other", "at": "1767225600"}, ID)["event_type"] == "other"


def test_an_id_of_the_files_own_is_kept() -> None:
    found = mapper("event_id,event_type,event_timestamp").item(
        {"event_id": "e1", "event_type": "search", "event_timestamp": "2026-01-01"}, ID
    )
    assert found["event_id"] == "e1"


@pytest.mark.parametrize(
    ("tz", "given", "expected"),
    [
        (None, "2026-07-01 12:00", "2026-07-01T12:00:00Z"),
        ("Europe/London", "2026-07-01 12:00:00 UTC", "2026-07-01T12:00:00Z"),
        ("Europe/London", "2026-07-01 12:00", "2026-07-01T11:00:00Z"),
        ("Europe/London", "2026-07-01T12:00:00.25+02:00", "2026-07-01T10:00:00.250000Z"),
        ("Asia/Kolkata", "2026-01-01 00:00", "2025-12-31T18:30:00Z"),
        (None, datetime(2026, 1, 1, 5, tzinfo=UTC), "2026-01-01T05:00:00Z"),
        ("Asia/Kolkata", datetime(2026, 1, 1), "2025-12-31T18:30:00Z"),
        (None, date(2026, 1, 1), "2026-01-01T00:00:00Z"),
        (None, 1767225600, "2026-01-01T00:00:00Z"),
        (None, "1767225600123", "2026-01-01T00:00:00.123000Z"),
        (None, "soon", "soon"),  # ingest rejects it, and says why
        (None, None, None),
    ],
)
def test_times(tz: str | None, given: Any, expected: str | None) -> None:
    found = mapper("event_timestamp,event_type", tz=tz).item(
        {"event_timestamp": given, "event_type": "x"}, ID
    )
    assert found.get("event_timestamp") == expected


def test_a_time_format_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "theirs.toml"
    file.write_text('as = "events"\ntz = "Europe/London"\ntime_format = "%d/%m/%Y %H:%M"\n')
    found = mapper("event_timestamp,event_type", kind="events", file=str(file))
    item = found.item({"event_timestamp": "01/07/2026 12:00", "event_type": "x"}, ID)
    assert item["event_timestamp"] == "2026-07-01T11:00:00Z"


def test_a_shift_moves_times_and_nothing_else() -> None:
    found = mapper("event_timestamp,event_type")
    row = {"event_timestamp": "2026-01-01", "event_type": "x"}
    before = found.item(row, ID)
    found.shift = timedelta(days=1, milliseconds=5)
    assert found.item(row, ID) == before | {"event_timestamp": "2026-01-02T00:00:00.005000Z"}


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("unit_price", "2.55", Decimal("2.55")),
        ("unit_price", 2.55, Decimal("2.55")),
        ("unit_price", " 1e2 ", Decimal("1E+2")),
        ("unit_price", "2,55", "2,55"),
        ("quantity", "6", 6),
        ("quantity", "6.0", 6),
        ("quantity", "6.5", "6.5"),
        ("quantity", -12, -12),
        ("user_id", 17850.0, "17850"),
        ("user_id", "017850", "017850"),
        ("user_id", float("nan"), None),
        ("product_id", 85123, "85123"),
    ],
)
def test_values_of_orders(field: str, given: Any, expected: Any) -> None:
    found = mapper("order_id,order_timestamp", kind="orders").item({"order_id": "o", field: given}, ID)
    assert found.get(field) == expected
    assert found["entry_id"] == ID


def test_values_of_users() -> None:
    found = mapper("user_id,is_premium,registration_date,age", kind="users")
    item = found.item(
        {"user_id": "u", "is_premium": "Yes", "registration_date": date(2026, 1, 2), "age": "33"}, ID
    )
    assert item == {"user_id": "u", "is_premium": True, "registration_date": "2026-01-02", "age": 33}


def test_properties_that_are_an_object_are_spread_out() -> None:
    found = mapper("event_type,properties,extra")
    for given in ({"a": 1}, '{"a": 1}'):
        assert found.item({"event_type": "x", "properties": given, "extra": "e"}, ID)["properties"] == {
            "a": 1, "extra": "e",
        }  # fmt: skip
    assert found.item({"event_type": "x", "properties": "free text"}, ID)["properties"] == {
        "properties": "free text"
    }


@pytest.mark.parametrize(
    ("invoice", "quantity", "price", "status"),
    [
        ("536365", "6", "2.55", "completed"),
        ("C536379", "-1", "27.50", "refunded"),
        ("C536379", "1", "1", "refunded"),
        ("536414", "56", "0.0", "adjusted"),
        ("536414", "-10", "0", "adjusted"),
        ("A563185", "1", "-11062.06", "adjusted"),
        ("536365", "", "2.55", "adjusted"),
    ],
)
def test_rules_decide_the_status_of_online_retail(
    invoice: str, quantity: str, price: str, status: str
) -> None:
    columns = (
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    )
    found = Mapper(read_mapping("online_retail", None, (), (), None), columns)
    row = dict.fromkeys(columns, "") | {"InvoiceNo": invoice, "Quantity": quantity, "UnitPrice": price}
    item = found.item(row | {"Country": "EIRE", "Description": "A £ SIGN"}, ID)
    assert item["status"] == status
    assert (item["country"], item["properties"]) == ("EIRE", {"Description": "A £ SIGN"})


@pytest.mark.parametrize(
    ("theirs", "price", "ours", "money"),
    [
        ("purchase", "489.07", "purchase", {"revenue": Decimal("489.07")}),
        ("view", "489.07", "product_view", {"value": Decimal("489.07")}),
        ("cart", "0.00", "add_to_cart", {}),
        ("purchase", "-7.94", "purchase", {}),
        ("remove_from_cart", "", "remove_from_cart", {}),
    ],
)
def test_one_price_of_rees46_is_revenue_where_it_was_paid_and_value_elsewhere(
    theirs: str, price: str, ours: str, money: dict[str, Decimal]
) -> None:
    columns = "event_time,event_type,product_id,category_code,price,user_id,user_session"
    item = mapper(columns, file="rees46").item(
        {
            "event_time": "2019-10-01 00:00:00 UTC", "event_type": theirs, "product_id": "44600062",
            "category_code": "", "price": price, "user_id": "541312140", "user_session": "72d76fde",
        },
        ID,
    )  # fmt: skip
    assert {name: item.pop(name) for name in ("revenue", "value") if name in item} == money
    assert item.pop("properties", {}) == ({"price": price} if price else {})
    assert item == {
        "event_id": ID, "event_type": ours, "event_timestamp": "2019-10-01T00:00:00Z",
        "product_id": "44600062", "user_id": "541312140", "session_id": "72d76fde",
    }  # fmt: skip


def test_a_rule_from_a_column_that_the_file_has_not_is_refused() -> None:
    with pytest.raises(UsageError, match="has no column 'price'"):
        mapper("event_time,event_type,user_session", file="rees46")


@pytest.mark.parametrize(
    ("test", "holds", "fails"),
    [
        ("is a b", "a b", "a"),
        ("is not a", "b", "a"),
        ("starts with a", "ab", "ba"),
        ("ends with a", "ba", "ab"),
        ("contains a", "bab", "bb"),
        ("> 1.5", "1.6", "1.5"),
        (">= 1.5", "1.5", "1.4"),
        ("< -1", "-2", "-1"),
        ("<=0", "0", "text"),
        ("empty", "", "a"),
        ("not empty", "a", ""),
    ],
)
def test_conditions(tmp_path: Path, test: str, holds: str, fails: str) -> None:
    file = tmp_path / "theirs.toml"
    file.write_text(
        f'as = "orders"\n[[rules.status]]\nis = "refunded"\nwhere."The Column" = "{test}"\n'
        '[[rules.status]]\nis = "completed"\n'
    )
    found = mapper("The Column", kind="orders", file=str(file))
    assert found.item({"The Column": holds}, ID)["status"] == "refunded"
    assert found.item({"The Column": fails}, ID)["status"] == "completed"


def test_constants_and_columns_that_are_not_wanted(tmp_path: Path) -> None:
    file = tmp_path / "theirs.toml"
    file.write_text('as = "orders"\ndrop = ["secret"]\n[constants]\nstatus = "completed"\n')
    found = mapper("order_id,secret,status", kind="orders", file=str(file))
    item = found.item({"order_id": "o", "secret": "s", "status": "paid"}, ID)
    assert (item["status"], item["properties"]) == ("completed", {"status": "paid"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('as = "baskets"', "rows are events, orders, users, products"),
        ('tz = "Mars/Olympus"', "no time zone"),
        ('colour = "red"', "unknown key colour"),
        ('[fields]\nshoe_size = "x"', "events have no field shoe_size"),
        ('[[rules.event_type]]\nwhere.a = "empty"', "a rule of event_type has `is`"),
        ('[[rules.event_type]]\nis = "x"\nfrom = "a"', "has `is` or `from`"),
        ('[[rules.event_type]]\nis = "x"\nwhere.a = "resembles b"', "is no condition"),
        ('[[rules.event_type]]\nis = "x"\nwhere.a = "> b"', "compares with no number"),
        ("as = ", "Invalid value"),
    ],
)
def test_a_mapping_file_that_is_wrong_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "theirs.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=told):
        read_mapping(str(file), None, (), (), None)


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        (("event_type",), "it takes FIELD=COLUMN"),
        (("event_type=nowhere",), "has no column 'nowhere'; it has what"),
        (("shoe=what",), "events have no field shoe; they have"),
    ],
)
def test_options_that_are_wrong_are_refused(mapping: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        mapper("what", mapping=mapping)


def test_an_unknown_mapping_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        UsageError, match="there are online_retail, online_retail_products, rees46, rete_ecom"
    ):
        read_mapping("online_retial", None, (), (), None)


def test_ids_tell_equal_rows_apart_and_are_the_same_each_time() -> None:
    contents = [b"a", b"b", b"a", b"a", b"c"]
    with Occurrences() as first, Occurrences() as second:
        ids = first.ids(contents)
        assert len(set(ids)) == 5
        assert second.ids(contents[:2]) + second.ids(contents[2:]) == ids
    with Occurrences() as reordered:
        assert set(reordered.ids([b"x", b"a", b"c", b"a", b"b", b"a"])) > set(ids)


def test_the_mapping_file_of_the_documentation_is_read(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "importing.md").read_text()
    file = tmp_path / "theirs.toml"
    file.write_text(text.split("```toml\n")[1].split("```")[0])
    found = read_mapping(str(file), None, (), (), None)
    assert (found.kind, found.zone.key, found.delimiter) == ("orders", "Europe/London", ";")
    assert [rule.value for rule in found.rules["status"]] == ["refunded", "completed", "adjusted"]
