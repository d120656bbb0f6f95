"""A shop small enough to check by hand: a day of events and orders, two days ago.

The day, by shopper (times are hours of the day):

    Ann, user 1      8:00 page_view  8:10 product_view  8:20 add_to_cart  8:30 checkout  8:40 purchase 30.00
    Ben, user 2      9:00 page_view  9:05 product_view  9:10 add_to_cart, and nothing more
    Cem              anonymous 9000000001: 9:00 page_view, 9:30 product_view; then logs in as user 3:
                     9:40 login  9:41 add_to_cart  9:42 checkout  9:43 purchase 12.50
    nobody           10:00 page_view, twice; they are no user

Orders: o1 of Ann, 2 x 10.00 of product 1 and 1 x 10.00 of product 2, completed; o2 of Cem, 1 x 12.50 of
product 2, completed; o1's product 2 comes back (-10.00, refunded); o3 of Ben, 99.00, pending; a stock
correction. The day before only Ann came: page_view at 23:59:59.999.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from tests.schema.support import event, insert, moment, order

DAY = datetime.now(UTC).date() - timedelta(days=2)
NEXT = DAY + timedelta(days=1)
BEFORE = DAY - timedelta(days=1)
ANN, BEN, CEM, CEM_UNKNOWN = 1, 2, 3, 9_000_000_001
RANGE = {"since": DAY.isoformat(), "until": NEXT.isoformat()}


def at(clock: str) -> datetime:
    """A moment of the day, from `8:40`."""
    hours, minutes = clock.split(":")
    return moment(DAY, int(hours) * 3600 + int(minutes) * 60)


def events() -> list[dict[str, Any]]:
    def step(kind: str, clock: str, user: int, session: str, **more: Any) -> dict[str, Any]:
        country = {BEN: "UK", 0: "DE"}.get(user, "US")
        row = event(kind, at(clock), user, session_id=session, country=country, **more)
        device = "mobile" if user == BEN else "desktop"
        source = "mail" if user == ANN else ""
        plain = {"device_type": device, "utm_source": source, "properties": "{}"}
        return plain | {"product_id": 0, "order_id": "", "duration_seconds": 0} | row

    return [
        step("page_view", "8:00", ANN, "a", properties='{"plan": "gold", "n": 1}'),
        step("product_view", "8:10", ANN, "a", product_id=1, duration_seconds=90),
        step("add_to_cart", "8:20", ANN, "a", product_id=1),
        step("checkout", "8:30", ANN, "a"),
        step("purchase", "8:40", ANN, "a", revenue="30", order_id="o1"),
        step("page_view", "9:00", BEN, "b"),
        step("product_view", "9:05", BEN, "b", product_id=1),
        step("add_to_cart", "9:10", BEN, "b"),
        step("page_view", "9:00", CEM_UNKNOWN, "c"),
        step("product_view", "9:30", CEM_UNKNOWN, "c"),
        step("login", "9:40", CEM, "c"),
        step("add_to_cart", "9:41", CEM, "c"),
        step("checkout", "9:42", CEM, "c"),
        step("purchase", "9:43", CEM, "c", revenue="12.5"),
        step("page_view", "10:00", 0, ""),
        step("page_view", "10:00", 0, ""),
        {**step("page_view", "0:00", ANN, "z"), "event_timestamp": f"{BEFORE} 23:59:59.999"},
    ]


def ledger() -> list[dict[str, Any]]:
    def line(number: str, status: str, clock: str, **more: Any) -> dict[str, Any]:
        more = {"country": "US", "payment_method": "card", "unlinked": False, "unit_price": "0"} | more
        return order(number, status, at(clock), **more)

    return [
        line(
            "o1",
            "completed",
            "8:40",
            user_id=ANN,
            product_id=1,
            quantity=2,
            total_amount="20",
            unit_price="10",
        ),
        line(
            "o1",
            "completed",
            "8:40",
            user_id=ANN,
            product_id=2,
            total_amount="10",
            unit_price="10",
            line_id="2",
        ),
        line("o2", "completed", "9:43", user_id=CEM, product_id=2, total_amount="12.5", unit_price="12.5"),
        line(
            "o1", "refunded", "11:00", user_id=ANN, product_id=2, quantity=-1, total_amount="-10", line_id="2"
        ),
        line("o3", "pending", "9:30", user_id=BEN, product_id=3, total_amount="99", unit_price="99"),
        line("s1", "adjusted", "12:00", user_id=0, product_id=1, quantity=-5),
    ]


def fill(client: Client) -> None:
    """Puts the shop into an empty store, in two blocks a table so that rollups have to add up."""
    rows, lines = events(), ledger()
    insert(client, "events", rows[::2], "events 1")
    insert(client, "events", rows[1::2], "events 2")
    insert(client, "orders", lines[::2], "orders 1")
    insert(client, "orders", lines[1::2], "orders 2")
    linked = f"{DAY} 09:40:00.000"
    insert(
        client,
        "identities",
        [{"anonymous_id": CEM_UNKNOWN, "user_id": CEM, "linked_at": linked}],
        "identities",
    )
    people = [
        (ANN, "US", True, "2026-01-05"),
        (BEN, "UK", False, "2026-02-05"),
        (CEM, "US", False, "2026-03-05"),
    ]
    insert(
        client,
        "users",
        [
            {
                "user_id": user,
                "external_id": str(user),
                "country": country,
                "is_premium": premium,
                "registration_date": registered,
                "updated_at": linked,
            }
            for user, country, premium, registered in people
        ],
        "users",
    )
    names = [(1, "Lamp", "Home"), (2, "Mug", "Kitchen"), (3, "Desk", "Home")]
    insert(
        client,
        "products",
        [
            {"product_id": number, "external_id": f"sku-{number}", "name": name, "category": category,
             "updated_at": linked}
            for number, name, category in names
        ],
        "products",
    )  # fmt: skip
