"""Which statement each index and projection stands for, with values that a shop's own rows hold.

A statement is a named query, its first step (the subquery that finds the rows), one of the audit's, or a
look-up of ingest's. `tests/schema/test_plans.py` asks EXPLAIN for each of them, `footfall doctor --schema`
and the benchmarks measure them; an index or a projection without one fails a test.
"""

import re
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID

from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.ingest import known, profiles, repair
from footfall.ingest import orders as orders_stage
from footfall.query.audit import AUDITS
from footfall.query.catalogue import NamedQuery, catalogue
from footfall.query.parameters import bind
from footfall.schema.usage import UNLOGGED, Kind

_SAMPLES: Final = {
    "user_id": """
        SELECT toString(user_id) FROM footfall.daily_user_activity
        WHERE user_id != 0 AND activity_date >= today() - 60
        GROUP BY user_id ORDER BY abs(sum(activity_count) - 60), user_id LIMIT 1""",
    "session_id": """
        SELECT session_id FROM footfall.events WHERE session_id != ''
        ORDER BY event_timestamp DESC LIMIT 1""",
    "event_id": """
        SELECT toString(event_id) FROM footfall.events ORDER BY event_timestamp DESC LIMIT 1""",
    "purchase": """
        SELECT order_id FROM footfall.events WHERE event_date >= today() - 60 AND order_id != ''
        ORDER BY event_timestamp DESC LIMIT 1""",
    "order_id": """
        SELECT order_id FROM footfall.orders ORDER BY status, order_date DESC LIMIT 1""",
    "order_user": """
        SELECT toString(user_id) FROM footfall.orders WHERE order_date >= today() - 364 AND user_id != 0
        GROUP BY user_id ORDER BY count() DESC, user_id LIMIT 1""",
    "order_product": """
        SELECT toString(product_id) FROM footfall.mv_product_revenue
        WHERE product_id != 0 AND order_date >= today() - 364
        GROUP BY product_id ORDER BY sum(total_quantity) DESC LIMIT 1""",
    "order_status": """
        SELECT status FROM footfall.orders WHERE order_date >= today() - 364
        GROUP BY status ORDER BY count() LIMIT 1""",
    "entry_id": """
        SELECT toString(entry_id) FROM footfall.orders ORDER BY status, order_date DESC LIMIT 1""",
    "profile": """
        SELECT toString(user_id) FROM footfall.users ORDER BY updated_at DESC LIMIT 1""",
    "registered_from": """
        SELECT toString(max(registration_date) - 7) FROM footfall.users HAVING count() > 0""",
    "user_country": """
        SELECT country FROM footfall.users WHERE country != '' GROUP BY country ORDER BY count() LIMIT 1""",
    "countries": """
        SELECT arrayStringConcat(groupArray(country), ',') FROM
        (
            SELECT country FROM footfall.mv_country_stats WHERE event_date >= today() - 7 AND country != ''
            GROUP BY country ORDER BY sum(event_count) DESC LIMIT 3
        )""",
    "country": """
        SELECT country FROM footfall.mv_country_stats WHERE event_date >= today() - 60 AND country != ''
        GROUP BY country ORDER BY sum(event_count) LIMIT 1""",
    "device_type": """
        SELECT device_type FROM footfall.events WHERE event_date >= today() - 60 AND device_type != ''
        GROUP BY device_type ORDER BY count() LIMIT 1""",
    "product_id": """
        SELECT toString(product_id) FROM footfall.events WHERE event_date >= today() - 60 AND product_id != 0
        GROUP BY product_id ORDER BY count() LIMIT 1""",
    "page_url": """
        SELECT page_url FROM footfall.events WHERE event_date >= today() - 60 AND page_url != ''
        GROUP BY page_url ORDER BY count() LIMIT 1""",
    "search_term": """
        SELECT search_term FROM footfall.events WHERE event_date >= today() - 60 AND search_term != ''
        GROUP BY search_term ORDER BY count() LIMIT 1""",
    "utm_campaign": """
        SELECT utm_campaign FROM footfall.events WHERE event_date >= today() - 60 AND utm_campaign != ''
        GROUP BY utm_campaign ORDER BY count() LIMIT 1""",
    "min_revenue": """
        SELECT toString(quantile(0.999)(revenue)) FROM footfall.events
        WHERE event_date >= today() - 60 AND event_type = 'purchase' HAVING count() > 0""",
    "min_duration_seconds": """
        SELECT toString(toUInt32(quantile(0.9999)(duration_seconds))) FROM footfall.events
        WHERE event_date >= today() - 60 HAVING count() > 0""",
    "min_amount": """
        SELECT toString(quantile(0.999)(toFloat64(total_amount))) FROM footfall.orders
        WHERE order_date >= today() - 29 AND status = 'completed' HAVING count() > 0""",
    "at": """
        SELECT formatDateTime(max(event_timestamp) + INTERVAL 1 SECOND, '%Y-%m-%dT%H:%i:%SZ')
        FROM footfall.events HAVING count() > 0""",
    "events_after": """
        SELECT formatDateTime(max(ingested_at) - INTERVAL 10 SECOND, '%Y-%m-%dT%H:%i:%SZ')
        FROM footfall.events HAVING count() > 0""",
    "orders_after": """
        SELECT formatDateTime(max(ingested_at) - INTERVAL 10 MINUTE, '%Y-%m-%dT%H:%i:%SZ')
        FROM footfall.orders WHERE block_id >= bitShiftLeft(toUInt64(1), 50) HAVING count() > 0""",
    "block_id": """
        SELECT toString(max(block_id)) FROM footfall.events WHERE event_date >= today() - 60""",
    "orders_block_id": """
        SELECT toString(max(block_id)) FROM footfall.orders WHERE order_date >= today() - 60""",
}

_NOBODYS: Final = {
    **dict.fromkeys(("at", "events_after", "orders_after", "registered_from"), "now"),
    **dict.fromkeys(("country", "countries", "user_country"), "ZZ"),
    **dict.fromkeys(("event_id", "entry_id"), str(UUID(int=0))),
    "order_status": "refunded",
}


@dataclass(frozen=True, slots=True)
class Samples:
    """Values to ask for: of a user and a session as they mostly are, of the rarest of each other kind, and
    the newest times and blocks of each table, so that a statement finds rows however old they are.
    """

    user_id: str
    session_id: str
    event_id: str
    purchase: str
    order_id: str
    order_user: str
    order_product: str
    order_status: str
    entry_id: str
    profile: str
    registered_from: str
    user_country: str
    countries: str
    country: str
    device_type: str
    product_id: str
    page_url: str
    search_term: str
    utm_campaign: str
    min_revenue: str
    min_duration_seconds: str
    min_amount: str
    at: str
    events_after: str
    orders_after: str
    block_id: str
    orders_block_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement of the product, with the values that it is asked with."""

    name: str
    sql: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Evidence:
    """An object of a schema and a statement that it serves.

    `leads`: an index on a column that leads the sort key, which does the index's work before it is asked.
    """

    kind: Kind
    table: str
    name: str
    asked: Asked
    leads: bool = False
    database: str = "footfall"

    def __str__(self) -> str:
        return f"{self.table}.{self.name}-{self.asked}"


def sample(client: Client) -> Samples:
    """Values of the shop's own rows; ones that no row holds where there are no rows."""
    found = {}
    for field in fields(Samples):
        rows = client.query(_SAMPLES[field.name], settings=UNLOGGED).result_rows
        value = str(rows[0][0]) if rows else ""
        found[field.name] = _NOBODYS.get(field.name, "1") if value in {"", "nan"} else value
    return Samples(**found)


def evidence(samples: Samples) -> list[Evidence]:
    """Every index and projection with each statement that it serves, for these values."""
    return [*_projections(samples), *_look_ups(samples), *_indices(samples)]


def _projections(of: Samples) -> list[Evidence]:
    pairs = [
        ("events.proj_by_country", named("country_activity", since="today-7d", countries=of.countries)),
        ("events.proj_by_user", _first_step("user_timeline", user_id=of.user_id)),
        ("events.proj_by_timestamp", named("live_series", at=of.at)),
        ("events.proj_by_timestamp", named("live_types", at=of.at)),
        ("events.proj_by_product", named("product_activity", product_id=of.product_id, since="today-60d")),
        ("events.proj_by_session", _first_step("session_timeline", session_id=of.session_id)),
        ("events.proj_daily_stats", _audit("days_of_events")),
        *(("events.proj_daily_devices", named("devices", by=by)) for by in ("device_type", "browser")),
        *(
            ("events.proj_daily_sources", named("sources", by=by))
            for by in ("utm_source", "utm_medium", "utm_campaign")
        ),
        ("orders.proj_by_user", named("order_history", user_id=of.order_user)),
        ("orders.proj_by_product", named("order_history", product_id=of.order_product)),
        ("orders.proj_by_amount", named("largest_orders", min_amount=of.min_amount)),
        ("users.proj_by_registration", _first_step("user_lookup", registered_from=of.registered_from)),
        ("mv_hourly_events.proj_by_hour", named("hour_of_day")),
        ("mv_user_funnel.proj_by_date", named("step_totals")),
        ("mv_user_funnel.proj_by_date", _audit("days_of_events")),
        ("daily_user_activity.proj_by_date", _audit("days_of_events")),
    ]
    return _evidence("projection", pairs)


def _look_ups(of: Samples) -> list[Evidence]:
    """Indices of ingest's look-ups."""
    block, orders_block = {"block": int(of.block_id)}, {"block": int(of.orders_block_id)}
    pairs = [
        ("events.idx_event_id", Asked("ingest: known", known.HELD["events"], {"ids": [of.event_id]})),
        ("events.idx_block_id", Asked("ingest: repair", repair.KEYS["events"], block)),
        ("orders.idx_entry_id", Asked("ingest: known", known.HELD["orders"], {"ids": [of.entry_id]})),
        ("orders.idx_block_id", Asked("ingest: repair", repair.KEYS["orders"], orders_block)),
        ("orders.idx_order_id", Asked("ingest: orders", orders_stage.ROWS, {"ids": [of.order_id]})),
        ("users.idx_user_id", Asked("ingest: profiles", profiles.HELD_USERS, {"ids": [int(of.profile)]})),
    ]
    return _evidence("index", pairs)


def _indices(of: Samples) -> list[Evidence]:
    pairs = [
        ("events.idx_event_id", _search(event_id=of.event_id)),
        ("events.idx_device_type", _search(device_type=of.device_type)),
        ("events.idx_country", _search(country=of.country)),
        ("events.idx_session_id", _first_step("session_timeline", session_id=of.session_id)),
        ("events.idx_page_url", _search(page_url=of.page_url)),
        ("events.idx_order_id", _search(order_id=of.purchase)),
        ("events.idx_product_id", _search(product_id=of.product_id)),
        ("events.idx_search_term", _search(search_term=of.search_term)),
        ("events.idx_utm_campaign", _search(utm_campaign=of.utm_campaign)),
        ("events.idx_revenue", _search(min_revenue=of.min_revenue)),
        ("events.idx_duration_seconds", _search(min_duration_seconds=of.min_duration_seconds)),
        ("events.idx_ingested_at", named("latest_events", after=of.events_after)),
        ("events.idx_ingested_at", named("arrivals", after=of.events_after)),
    ]
    if of.orders_after != _NOBODYS["orders_after"]:  # only ingest's blocks begin with their time
        pairs.append(("orders.idx_block_id", named("latest_orders", after=of.orders_after)))
    leading = [
        ("events.idx_event_type", named("funnel", steps="add_to_cart,purchase")),
        ("orders.idx_status", named("order_history", status=of.order_status)),
        ("users.idx_user_country", _first_step("user_lookup", country=of.user_country)),
    ]
    return [*_evidence("index", pairs), *_evidence("index", leading, leads=True)]


def _evidence(kind: Kind, pairs: list[tuple[str, Asked]], leads: bool = False) -> list[Evidence]:
    """Evidence of objects by their names with their tables'."""
    found = []
    for full, asked in pairs:
        table, _, name = full.partition(".")
        found.append(Evidence(kind, table, name, asked, leads))
    return found


def _query(name: str) -> NamedQuery:
    return catalogue(Config())[name]


def named(name: str, **given: str) -> Asked:
    """A named query; `since` is its parameter `from`."""
    texts = {{"since": "from"}.get(key, key): value for key, value in given.items()}
    return Asked(name, _query(name).sql, dict(bind(_query(name), texts).values))


def _first_step(name: str, **given: str) -> Asked:
    """The subquery of a named query that finds its rows: a plan of the whole does not show it."""
    whole = named(name, **given)
    (step,) = re.findall(r"\bIN\n\s*\(\n(.*?)\n\s*\)\n", whole.sql, re.DOTALL)
    return Asked(name, step, whole.values)


def _audit(name: str) -> Asked:
    """A statement of `footfall audit`."""
    return Asked(f"audit: {name}", (AUDITS / f"{name}.sql").read_text(), {"from": "2020-01-01"})


def _search(**given: str) -> Asked:
    return named("event_search", since="today-60d", **given)
