"""Lanes: the ways through the inbox, one for each table that ingest writes.

Rows of a lane reach its table in the order in which they were accepted. A *stage* lane holds items whose
rows are known only when their turn comes (an order's new state, a user's attributes); `ledger` and
`profiles` turn them into rows of the lanes after it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from footfall.ingest.native import Column

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Lane:
    """A table, its columns in the order of the rows' values (block_id comes last, by itself), its key.

    `keyed` tables hold one row a key in the end, so a block may be written twice without harm; the rows
    of the others are counted by their block. `rollups` are the feeds of the table's materialized views.
    """

    name: str
    table: str
    columns: tuple[Column, ...]
    keyed: bool = False
    day: str = ""
    rollups: tuple[str, ...] = ()


def _columns(**types: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_) for name, type_ in types.items())


_TIME = "DateTime64(3, 'UTC')"
_MONEY = "Decimal(18, 4)"

EVENTS = Lane(
    "events",
    "footfall.events",
    _columns(
        event_id="UUID",
        event_type="String",
        event_timestamp=_TIME,
        event_date="Date",
        user_id="UInt64",
        session_id="String",
        product_id="UInt64",
        order_id="String",
        page_url="String",
        referrer="String",
        utm_source="String",
        utm_medium="String",
        utm_campaign="String",
        search_term="String",
        device_type="String",
        browser="String",
        country="String",
        revenue=_MONEY,
        value=_MONEY,
        currency="String",
        quantity="UInt32",
        duration_seconds="UInt32",
        properties="String",
        ingested_at=_TIME,
    ),
    day="event_date",
    rollups=(
        "mv_hourly_events",
        "mv_daily_events",
        "mv_user_funnel",
        "mv_country_stats",
        "daily_user_activity",
    ),
)
ORDERS = Lane(
    "orders",
    "footfall.orders",
    _columns(
        entry_id="UUID",
        order_id="String",
        line_id="String",
        user_id="UInt64",
        product_id="UInt64",
        order_timestamp=_TIME,
        order_date="Date",
        status="String",
        payment_method="String",
        quantity="Int32",
        unit_price=_MONEY,
        discount=_MONEY,
        total_amount=_MONEY,
        currency="String",
        country="String",
        unlinked="Bool",
        properties="String",
        ingested_at=_TIME,
    ),
    day="order_date",
    rollups=("mv_product_revenue",),
)
USERS = Lane(
    "users",
    "footfall.users",
    _columns(
        user_id="UInt64",
        external_id="String",
        country="String",
        is_premium="Bool",
        age="UInt8",
        registration_date="Date",
        updated_at=_TIME,
        properties="String",
    ),
    keyed=True,
)
PRODUCTS = Lane(
    "products",
    "footfall.products",
    _columns(
        product_id="UInt64",
        external_id="String",
        name="String",
        category="String",
        brand="String",
        price=_MONEY,
        currency="String",
        updated_at=_TIME,
        properties="String",
    ),
    keyed=True,
)
IDENTITIES = Lane(
    "identities",
    "footfall.identities",
    _columns(anonymous_id="UInt64", user_id="UInt64", linked_at=_TIME),
    keyed=True,
)
CONTACTS = Lane(
    "contacts",
    "footfall_private.contacts",
    _columns(user_id="UInt64", name="String", email="String", phone="String", updated_at=_TIME),
    keyed=True,
)
DEAD_LETTERS = Lane(
    "dead_letters",
    "footfall_private.dead_letters",
    _columns(
        letter_id="UUID",
        rejected_at=_TIME,
        source="String",
        kind="String",
        reason="String",
        field="String",
        message="String",
        raw="String",
        key_name="String",
        batch_id="UUID",
    ),
)
TABLES: Final = (EVENTS, ORDERS, USERS, PRODUCTS, IDENTITIES, CONTACTS, DEAD_LETTERS)
BY_NAME: Final = {lane.name: lane for lane in TABLES}

ORDER_ITEMS: Final = "order_items"
USER_ITEMS: Final = "user_items"
PRODUCT_ITEMS: Final = "product_items"
STAGES: Final = (ORDER_ITEMS, USER_ITEMS, PRODUCT_ITEMS)
LANES: Final = (*STAGES, *BY_NAME)


def day_of(timestamp_ms: int) -> int:
    """The UTC day of a time, as a Date holds it: days since 1970."""
    return timestamp_ms // DAY_MS


@lru_cache(maxsize=4096)
def month_of(day: int) -> int:
    """The partition of a day: year * 100 + month."""
    # Days since 0000-03-01 make the leap day the last of its year (Hinnant's civil_from_days).
    shifted = day + 719_468
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return (year + era * 400 + (month > 9)) * 100 + (month - 9 if month > 9 else month + 3)
