"""The figures that we aim at, with 100 million events on 2 cores, and where ours stand in what was measured.

Each is read out of the tables of the measurement that is named, so that none can stand without its command.
"""

from bench.brief import Figure, Row, Tables, compression, inserts, row_of
from bench.report import shown

_SELECTIVE = {
    "events.idx_event_id": "an event id",
    "events.idx_session_id": "a session",
    "events.idx_order_id": "an order",
    "events.idx_page_url": "a rare page",
    "events.idx_ingested_at": "the newest, by arrival",
}
_SELECTIVE_SORTED = {
    "events.proj_by_user": "a user",
    "events.proj_by_session": "a session, sorted by it",
    "events.proj_by_timestamp": "the newest, by time",
}


def _faster(*kinds: str) -> Tables:
    """Times faster of the questions of these kinds, and the slowest answer of a rollup."""

    def ours(tables: list[list[Row]]) -> str:
        rows = [row for row in tables[0] if row[1] in kinds]
        each = "; ".join(f"{row[0]} {shown(row[4])}x in {shown(row[2])} ms" for row in rows)
        errors = [float(row[5]) for row in rows]
        return f"{each}; largest error {shown(max(errors))} %" if any(errors) else each

    return ours


def _not_read(names: dict[str, str]) -> Tables:
    def ours(tables: list[list[Row]]) -> str:
        found = {row[0]: float(row[5]) for row in tables[0] if row[0] in names}
        return "; ".join(f"{names[str(name)]} {share:.2f} %" for name, share in found.items())

    return ours


def _endpoints(tables: list[list[Row]]) -> str:
    return "; ".join(f"{row[0]} {shown(row[3])} ms" for row in tables[0])


def _funnel(tables: list[list[Row]]) -> str:
    _, duck, _, _, ours = row_of(tables[0], "ordered funnel of 3 steps in 24 h, 30 days")
    return f"{shown(ours)} ms; {shown(float(duck) / float(ours))}x"


def _bytes(tables: list[list[Row]]) -> str:
    return f"{float(row_of(tables[0], 'all')[6]):.1f}"


def _loading(tables: list[list[Row]]) -> str:
    events, rate, *_ = tables[0][-1]
    return f"{shown(float(events) / float(rate) / 60)} minutes for {shown(int(events))} events"


def _peak(tables: list[list[Row]]) -> str:
    loading, answering = (shown(float(each) / 1024) for each in tables[0][-1][6:8])
    return f"{loading} GiB while it loads, {answering} GiB while it answers"


def _audit(tables: list[list[Row]]) -> str:
    return f"{float(row_of(tables[0], 'seconds')[1]) / 60:.1f} minutes"


TARGETS = (
    Figure(
        "counts and sums from rollups against raw rows, 90 days",
        "100x, under 15 ms",
        "rollups",
        _faster("counts and sums"),
    ),
    Figure("the same of by-user totals", "25x, under 15 ms", "rollups", _faster("by-user totals")),
    Figure(
        "distinct counts, 90 days",
        "50x, under 50 ms, error at most 1 %",
        "rollups",
        _faster("distinct counts"),
    ),
    Figure("lists of users, 90 days", "10x", "rollups", _faster("lists of users")),
    Figure(
        "granules that selective predicates do not read: indices", "99 %", "indices", _not_read(_SELECTIVE)
    ),
    Figure("the same: projections", "99 %", "projections", _not_read(_SELECTIVE_SORTED)),
    Figure("compression of the base table", "4.3x", "compression", compression),
    Figure("bytes an event, everything in", "65", "storage_100m", _bytes),
    Figure(
        "INSERT of 100 events beside the brief's stream",
        "p95 under 50 ms, p99 under 100 ms",
        "insert_100m",
        inserts("the full schema, beside the stream"),
    ),
    Figure("each endpoint of the brief, 16 clients, p99", "under 100 ms", "queries", _endpoints),
    Figure("ordered funnel of 3 steps, 30 of 90 days; against DuckDB", "under 1 s; 2.5x", "peers", _funnel),
    Figure("bulk load, all rollups right", "under 10 minutes", "scale", _loading),
    Figure("the engine's memory while it loads and serves", "under 2 GiB", "scale", _peak),
    Figure("audit of all rollups", "under 10 minutes", "audit", _audit),
)
