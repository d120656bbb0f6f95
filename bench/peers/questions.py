"""The questions, in the SQL of each peer. `{from}`, `{to}` and `{user}` are bound by each in its own way.

An answer is a list of rows whose first columns say what and whose last is the figure that is compared. The
brief's design is asked as its own examples ask it. Footfall is asked its rollups where one answers.
"""

from dataclasses import dataclass
from typing import Literal

RANGE = "event_date >= {from:Date} AND event_date < {to:Date}"


@dataclass(frozen=True)
class Question:
    """One question.

    `days`: of the range, up to the last whole day. `exact`: whether Footfall's answer is no estimate.
    `kind`: what Footfall's rollup answers it with; empty where Footfall reads raw rows, too.
    """

    name: str
    kind: Literal["counts and sums", "by-user totals", "distinct counts", "lists of users", ""]
    days: int
    exact: bool
    duckdb: str
    plain: str
    brief: str
    footfall: str


def _duck(sql: str) -> str:
    """The range as DuckDB writes it."""
    return sql.replace(RANGE, "event_date >= $from AND event_date < $to")


_HOURS = f"""
SELECT event_date, hour(event_timestamp) AS event_hour, count(*), sum(revenue) FROM events
WHERE {RANGE} GROUP BY ALL ORDER BY ALL
"""
_HOURS_RAW = _HOURS.replace("hour(", "toHour(").replace("FROM events", "FROM peers_plain.events")
_HOURS_ROLLUP = f"""
SELECT event_date, event_hour, sum(event_count), sum(total_revenue) FROM footfall.mv_hourly_events
WHERE {RANGE} GROUP BY event_date, event_hour ORDER BY event_date, event_hour
"""
_VISITORS = f"""
SELECT event_date, count(DISTINCT user_id) FROM events
WHERE {RANGE} AND user_id != 0 GROUP BY ALL ORDER BY ALL
"""
_ALL_VISITORS = f"SELECT count(DISTINCT user_id) FROM events WHERE {RANGE} AND user_id != 0"
_COUNTRIES = f"""
SELECT country, count(*), count(*) FILTER (event_type = 'purchase'), sum(revenue) FROM events
WHERE {RANGE} GROUP BY country ORDER BY country
"""
_COUNTRIES_ROLLUP = f"""
SELECT country, sum(event_count), sum(purchase_count), sum(revenue) FROM footfall.mv_country_stats
WHERE {RANGE} GROUP BY country ORDER BY country
"""
_COUNTRY_USERS = f"""
SELECT country, count(DISTINCT user_id) FROM events
WHERE {RANGE} AND user_id != 0 GROUP BY country ORDER BY country
"""
_STEPS = f"""
SELECT count(*), count(*) FILTER (event_type = 'page_view'), count(*) FILTER (event_type = 'add_to_cart'),
    count(*) FILTER (event_type = 'purchase'), sum(revenue)
FROM events WHERE {RANGE}
"""
_STEPS_MERGED = f"""
SELECT countMerge(total_events), sumMerge(page_views), sumMerge(add_to_cart), sumMerge(purchases),
    sumMerge(revenue)
FROM footfall.mv_user_funnel WHERE {RANGE}
"""
_TOP_USERS = f"""
SELECT user_id, count(*) AS events FROM events
WHERE {RANGE} AND user_id != 0 GROUP BY user_id ORDER BY events DESC, user_id LIMIT 10
"""
_TOP_USERS_ROLLUP = """
SELECT user_id, sum(activity_count) AS events FROM footfall.daily_user_activity
WHERE activity_date >= {from:Date} AND activity_date < {to:Date} AND user_id != 0
GROUP BY user_id ORDER BY events DESC, user_id LIMIT 10
"""
_TOP_PRODUCTS = """
SELECT product_id, sum(total_amount) AS revenue FROM orders
WHERE order_date >= {from:Date} AND order_date < {to:Date} AND status = 'completed'
GROUP BY product_id ORDER BY revenue DESC, product_id LIMIT 10
"""
_TOP_PRODUCTS_ROLLUP = """
SELECT product_id, sum(total_revenue) AS revenue FROM footfall.mv_product_revenue
WHERE order_date >= {from:Date} AND order_date < {to:Date} AND status = 'completed'
GROUP BY product_id ORDER BY revenue DESC, product_id LIMIT 10
"""
_A_USERS_DAYS = f"""
SELECT event_date, count(*), sum(revenue) FROM events
WHERE {RANGE} AND user_id = {{user:UInt64}} GROUP BY event_date ORDER BY event_date
"""
_A_USERS_DAYS_ROLLUP = f"""
SELECT event_date, countMerge(total_events), sumMerge(revenue) FROM footfall.mv_user_funnel
WHERE {RANGE} AND user_id = {{user:UInt64}} GROUP BY event_date ORDER BY event_date
"""
_TIMELINE = """
SELECT event_timestamp, event_type, revenue FROM events WHERE user_id = {user:UInt64}
ORDER BY event_timestamp DESC, event_type LIMIT 50
"""
_FUNNEL = f"""
SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3)
FROM
(
    SELECT windowFunnel(86400000)(toUInt64(toUnixTimestamp64Milli(event_timestamp)),
        event_type = 'product_view', event_type = 'add_to_cart', event_type = 'purchase') AS level
    FROM footfall.events
    WHERE {RANGE} AND event_type IN ('product_view', 'add_to_cart', 'purchase') AND user_id != 0
    GROUP BY user_id
)
"""
_FUNNEL_DUCK = f"""
WITH steps AS
(
    SELECT user_id, event_timestamp AS seen,
        CASE event_type WHEN 'product_view' THEN 1 WHEN 'add_to_cart' THEN 2 ELSE 3 END AS step
    FROM events
    WHERE {RANGE} AND event_type IN ('product_view', 'add_to_cart', 'purchase') AND user_id != 0
),
opened AS
(
    SELECT *, max(CASE WHEN step = 1 THEN seen END) OVER before AS started
    FROM steps
    WINDOW before AS (PARTITION BY user_id ORDER BY seen, step ROWS UNBOUNDED PRECEDING)
),
chained AS
(
    SELECT *,
        max(CASE WHEN step = 2 AND seen <= started + INTERVAL 24 HOUR THEN started END) OVER before AS went_on
    FROM opened
    WINDOW before AS (PARTITION BY user_id ORDER BY seen, step ROWS UNBOUNDED PRECEDING)
),
levels AS
(
    SELECT user_id, max(CASE
        WHEN step = 3 AND seen <= went_on + INTERVAL 24 HOUR THEN 3
        WHEN step = 2 AND seen <= started + INTERVAL 24 HOUR THEN 2
        WHEN step = 1 THEN 1 END) AS level
    FROM chained GROUP BY user_id
)
SELECT count(*) FILTER (level >= 1), count(*) FILTER (level >= 2), count(*) FILTER (level >= 3) FROM levels
"""


def _plain(sql: str) -> str:
    """The same statement on ClickHouse's bare tables."""
    named = sql.replace("FROM events", "FROM peers_plain.events").replace(
        "FROM orders", "FROM peers_plain.orders"
    )
    return (
        named.replace("count(DISTINCT user_id)", "uniqExact(user_id)")
        .replace("count(*) FILTER (event_type", "countIf(event_type")
        .replace("FROM footfall.events", "FROM peers_plain.events")
    )


def _literal(sql: str) -> str:
    """The same statement on the brief's design."""
    return sql.replace("footfall.", "peers_brief.")


QUESTIONS = (
    Question(
        "events and revenue by hour, 7 days", "counts and sums", 7, True,
        _duck(_HOURS), _HOURS_RAW, _literal(_HOURS_ROLLUP), _HOURS_ROLLUP,
    ),
    Question(
        "events and revenue by hour, 90 days", "counts and sums", 90, True,
        _duck(_HOURS), _HOURS_RAW, _literal(_HOURS_ROLLUP), _HOURS_ROLLUP,
    ),
    Question(
        "visitors by day, 90 days", "distinct counts", 90, False,
        _duck(_VISITORS), _plain(_VISITORS),
        f"""SELECT event_date, sum(unique_users) FROM peers_brief.mv_hourly_events
        WHERE {RANGE} GROUP BY event_date ORDER BY event_date""",
        f"""SELECT event_date, uniqCombined64Merge(unique_users) FROM footfall.mv_daily_events
        WHERE event_type = '' AND {RANGE} GROUP BY event_date ORDER BY event_date""",
    ),
    Question(
        "visitors, 90 days", "distinct counts", 90, False,
        _duck(_ALL_VISITORS), _plain(_ALL_VISITORS),
        f"SELECT sum(unique_users) FROM peers_brief.mv_hourly_events WHERE {RANGE}",
        f"""SELECT uniqCombined64Merge(unique_users) FROM footfall.mv_daily_events
        WHERE event_type = '' AND {RANGE}""",
    ),
    Question(
        "events, purchases, revenue by country, 90 days", "counts and sums", 90, True,
        _duck(_COUNTRIES), _plain(_COUNTRIES), _literal(_COUNTRIES_ROLLUP), _COUNTRIES_ROLLUP,
    ),
    Question(
        "visitors by country, 90 days", "distinct counts", 90, False,
        _duck(_COUNTRY_USERS), _plain(_COUNTRY_USERS),
        f"""SELECT country, sum(unique_users) FROM peers_brief.mv_country_stats
        WHERE {RANGE} GROUP BY country ORDER BY country""",
        f"""SELECT country, uniqCombined64Merge(visitors) FROM footfall.mv_country_stats
        WHERE {RANGE} GROUP BY country ORDER BY country""",
    ),
    Question(
        "steps and revenue of all users, 30 days", "by-user totals", 30, True,
        _duck(_STEPS), _plain(_STEPS), _literal(_STEPS_MERGED), _STEPS_MERGED,
    ),
    Question(
        "ordered funnel of 3 steps in 24 h, 30 days", "", 30, True,
        _duck(_FUNNEL_DUCK), _plain(_FUNNEL), _literal(_FUNNEL), _FUNNEL,
    ),
    Question(
        "ten most active users, 30 days", "lists of users", 30, True,
        _duck(_TOP_USERS), _plain(_TOP_USERS), _literal(_TOP_USERS_ROLLUP), _TOP_USERS_ROLLUP,
    ),
    Question(
        "one user's days, 90 days", "lists of users", 90, True,
        _duck(_A_USERS_DAYS).replace("{user:UInt64}", "$user"), _plain(_A_USERS_DAYS),
        _literal(_A_USERS_DAYS_ROLLUP), _A_USERS_DAYS_ROLLUP,
    ),
    Question(
        "ten products by revenue, 30 days", "counts and sums", 30, True,
        _TOP_PRODUCTS.replace("{from:Date}", "$from").replace("{to:Date}", "$to"),
        _plain(_TOP_PRODUCTS), _literal(_TOP_PRODUCTS_ROLLUP), _TOP_PRODUCTS_ROLLUP,
    ),
    Question(
        "average order value by product, 90 days", "distinct counts", 90, False,
        """SELECT product_id, sum(total_amount) / count(DISTINCT order_id) AS aov FROM orders
        WHERE order_date >= $from AND order_date < $to AND status = 'completed'
        GROUP BY product_id ORDER BY product_id""",
        """SELECT product_id, toFloat64(sum(total_amount)) / uniqExact(order_id) FROM peers_plain.orders
        WHERE order_date >= {from:Date} AND order_date < {to:Date} AND status = 'completed'
        GROUP BY product_id ORDER BY product_id""",
        """SELECT product_id, avg(avg_order_value) FROM peers_brief.mv_product_revenue
        WHERE order_date >= {from:Date} AND order_date < {to:Date} AND status = 'completed'
        GROUP BY product_id ORDER BY product_id""",
        """SELECT product_id, toFloat64(sum(total_revenue)) / uniqMerge(order_count)
        FROM footfall.mv_product_revenue
        WHERE order_date >= {from:Date} AND order_date < {to:Date} AND status = 'completed'
        GROUP BY product_id ORDER BY product_id""",
    ),
    Question(
        "one user's last 50 events", "", 90, True,
        _TIMELINE.replace("{user:UInt64}", "$user"), _plain(_TIMELINE),
        _TIMELINE.replace("FROM events", "FROM peers_brief.events"),
        _TIMELINE.replace("FROM events", "FROM footfall.events"),
    ),
)  # fmt: skip
