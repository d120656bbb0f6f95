"""Fills the projections of parts that merges would leave without.

Projections are left to merges (`tuning`), and the store merges a part that has none with such parts only. So
what came in one large insert, as a month of generated or imported history does, would never get them: the
small parts beside it are merged among themselves. Filling takes about 1.5 s a million events, runs on in the
background, and passes over parts that have all their projections.
"""

from collections.abc import Iterator
from typing import Final

from footfall.schema.retention import Store

FEWEST_ROWS: Final = 8_192
"""A granule: below it a projection saves nothing, and the parts of the last seconds are left alone."""
FEWEST_BYTES: Final = 1 << 20
"""Fewer rows are worth it where they hold states of distinct counts."""

_BARE: Final = """
SELECT table
FROM
(
    SELECT table, groupArray(name) AS wanted
    FROM system.projections
    WHERE database = 'footfall'
    GROUP BY table
) AS tables
INNER JOIN
(
    SELECT DISTINCT table, projections
    FROM system.parts
    WHERE database = 'footfall' AND active AND (rows >= {rows:UInt64} OR bytes_on_disk >= {bytes:UInt64})
) AS parts USING (table)
WHERE NOT hasAll(projections, wanted)
    AND table NOT IN (SELECT table FROM system.mutations WHERE database = 'footfall' AND NOT is_done)
GROUP BY table
ORDER BY table
"""
_LEFT_TO_MERGES: Final = """
SELECT count() FROM system.merge_tree_settings WHERE name = 'materialize_projections_on_insert'
"""
FILL: Final = {
    "daily_user_activity": "ALTER TABLE footfall.daily_user_activity MATERIALIZE PROJECTION proj_by_date",
    "events": """
        ALTER TABLE footfall.events
            MATERIALIZE PROJECTION proj_by_country,
            MATERIALIZE PROJECTION proj_by_user,
            MATERIALIZE PROJECTION proj_by_timestamp,
            MATERIALIZE PROJECTION proj_by_product,
            MATERIALIZE PROJECTION proj_by_session,
            MATERIALIZE PROJECTION proj_daily_stats,
            MATERIALIZE PROJECTION proj_daily_devices,
            MATERIALIZE PROJECTION proj_daily_sources
    """,
    "mv_hourly_events": "ALTER TABLE footfall.mv_hourly_events MATERIALIZE PROJECTION proj_by_hour",
    "mv_user_funnel": "ALTER TABLE footfall.mv_user_funnel MATERIALIZE PROJECTION proj_by_date",
    "orders": """
        ALTER TABLE footfall.orders
            MATERIALIZE PROJECTION proj_by_user,
            MATERIALIZE PROJECTION proj_by_product,
            MATERIALIZE PROJECTION proj_by_amount
    """,
    "users": "ALTER TABLE footfall.users MATERIALIZE PROJECTION proj_by_registration",
}
"""A constant statement a table, because names of projections cannot be bound."""
_IN_BACKGROUND: Final = " SETTINGS mutations_sync = 0"  # the engine's own answers once all is filled


def fill(store: Store) -> Iterator[str]:
    """Starts to fill what is bare and not being filled; yields one line where any is."""
    if store.query(_LEFT_TO_MERGES).result_rows[0][0] in (0, "0"):
        return
    worth = {"rows": FEWEST_ROWS, "bytes": FEWEST_BYTES}
    bare = [table for (table,) in store.query(_BARE, parameters=worth).result_rows]
    for table in bare:
        store.command(FILL[table] + _IN_BACKGROUND)
    if bare:
        yield f"projections are filled: {', '.join(bare)}"
