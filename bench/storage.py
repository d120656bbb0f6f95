"""How many bytes does each table take, everything in, beside the brief's own sizes?"""

from bench.report import Report
from bench.stack import plan, shop
from footfall import store

_BRIEF: dict[str, tuple[int, float]] = {
    "users": (10_000, 1.06 * (1 << 20)),
    "products": (1_000, 23.53 * (1 << 10)),
    "events": (294_000, 61.75 * (1 << 20)),
    "orders": (30_000, 1.94 * (1 << 20)),
    "mv_hourly_events": (383_000, 4.45 * (1 << 20)),
    "mv_user_funnel": (468_000, 2.41 * (1 << 20)),
    "mv_country_stats": (1_800, 23.80 * (1 << 10)),
    "daily_user_activity": (468_000, 4.61 * (1 << 20)),
    "mv_product_revenue": (26_000, 376.34 * (1 << 10)),
}
"""Rows and bytes of each table, as the brief prints them."""
_SIZES = """
SELECT
    table,
    sum(rows),
    sum(data_compressed_bytes),
    sum(secondary_indices_compressed_bytes + secondary_indices_marks_bytes),
    sum(bytes_on_disk),
    count()
FROM system.parts
WHERE active AND database = 'footfall'
GROUP BY table
"""
_PROJECTIONS = """
SELECT table, sum(bytes_on_disk) FROM system.projection_parts
WHERE active AND database = 'footfall' GROUP BY table
"""


def measure(*, events: int) -> Report:
    """Bytes on disk of each table."""
    with shop(events) as config, store.connect(config, "footfall") as client:
        found = {table: sizes for table, *sizes in client.query(_SIZES).result_rows}
        projections: dict[str, int] = dict(map(tuple, client.query(_PROJECTIONS).result_rows))
        held = found["events"][0]
        report = Report(
            f"Storage of {held:,} events, {plan(events).orders:,} orders, {plan(events).users:,} users",
            ["table", "rows", "columns", "projections", "indices", "MiB in all", "bytes an event"],
            events,
            1,
            f"ClickHouse {client.server_version}",
        )
        report.columns += ["parts", "the brief: rows", "the brief: MiB"]
        for table in sorted(found, key=lambda name: -found[name][3]):
            rows, columns, indices, whole, parts = found[table]
            brief_rows, brief_bytes = _BRIEF.get(table, ("", ""))
            in_brief = brief_bytes / (1 << 20) if isinstance(brief_bytes, float) else ""
            sizes = [_mib(columns), _mib(projections.get(table, 0)), _mib(indices), _mib(whole)]
            report.rows.append([table, rows, *sizes, whole / held, parts, brief_rows, in_brief])
        whole = sum(sizes[3] for sizes in found.values())
        report.rows.append(["all", "", "", "", "", _mib(whole), whole / held, "", "", 70.0])
        return report


def _mib(size: int) -> float:
    return size / (1 << 20)
