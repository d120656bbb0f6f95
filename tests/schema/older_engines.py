"""`make test-engines`: the schema on ClickHouse 25.8 and 26.1, on both sides of production's 25.12.

Each engine is a chDB of that version in a virtual environment of its own (under FOOTFALL_ENGINES, default
`.make/engines`), because one process holds one engine. In it this file runs again with the option
`--inside`: it migrates a new database, upgrades one of the first release, sends a block three times, and
runs the brief's queries, with the code of `footfall.schema` itself, and reviews its schema and the brief's.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENGINES = {"chdb==3.7.2": "25.8", "chdb-core==26.1.0": "26.1"}
BRIEF = Path(__file__).parent / "brief"
PRELUDE = (
    "SET insert_deduplicate = 1",
    "SET deduplicate_blocks_in_dependent_materialized_views = 1",
    "SET async_insert = 0",
)


def main() -> int:
    """Prepares each engine and tries the schema in it; returns the exit code."""
    failed = 0
    for package, version in ENGINES.items():
        python = prepare(package)
        print(f"ClickHouse {version} ({package})", flush=True)
        environ = os.environ | {"TZ": "UTC", "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        run = subprocess.run([python, __file__, "--inside", version], env=environ, timeout=300, check=False)
        failed += run.returncode != 0
    print(f"{len(ENGINES) - failed} passed, {failed} failed")
    return 1 if failed else 0


def prepare(package: str) -> Path:
    """The Python of a virtual environment that has the engine."""
    folder = Path(os.environ.get("FOOTFALL_ENGINES", ROOT / ".make" / "engines")) / package
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        print(f"installing {package} into {folder}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, package, "clickhouse-connect[async]>=1.12,<2"], check=True)
        done.touch()
    return python


class Embedded:
    """An engine in this process, with the two calls that the schema makes of a client."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        for statement in PRELUDE:
            connection.query(statement)

    def command(self, cmd: str, parameters: dict[str, Any] | None = None) -> Any:
        self._bind(parameters)
        return self.connection.query(cmd)

    def query(self, query: str, parameters: dict[str, Any] | None = None) -> Any:
        self._bind(parameters)
        answer = json.loads(str(self.connection.query(query, "JSONCompact")))
        return SimpleNamespace(result_rows=[tuple(row) for row in answer["data"]])

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        """A query's rows, every value as text."""
        return [tuple(str(value) for value in row) for row in self.query(sql).result_rows]

    def insert(self, table: str, rows: list[dict[str, Any]], token: str) -> None:
        """Inserts one block under its token."""
        lines = "\n".join(json.dumps(row) for row in rows)
        self.command(f"SET insert_deduplication_token = '{token}'")
        self.command(f"INSERT INTO footfall.{table} ({', '.join(rows[0])}) FORMAT JSONEachRow\n{lines}")

    def _bind(self, parameters: dict[str, Any] | None) -> None:
        """Values as settings of the session: the oldest of these engines takes no others."""
        for name, value in (parameters or {}).items():
            text = str(value).replace("\\", "\\\\").replace("'", "\\'")
            self.connection.query(f"SET param_{name} = '{text}'")


def inside(version: str) -> None:
    """Everything that must hold on an engine, in the engine's own process."""
    from footfall.config import Config
    from footfall.schema import migrate, statements

    config = Config()
    with opened() as engine:
        found = engine.rows("SELECT version()")[0][0]
        assert found.startswith(version), found
        first = migrate.upgrade(engine, config)
        assert len(first.created) == len(statements.snapshot())
        second = migrate.upgrade(engine, config)
        assert not (second.created or second.migrated or second.changed)
        assert migrate.pending(engine) == []
        snapshot = definitions(engine)
        rollups_hold(engine)
        brief_holds(engine)
        review_holds(engine)
        print(
            f"  new database: {len(first.created)} objects, rollups, the brief's queries and the review hold"
        )
    with opened() as engine:
        migrate.upgrade(engine, config, Path(__file__).parent / "releases" / "1")
        report = migrate.upgrade(engine, config)
        assert definitions(engine) == snapshot
        rollups_hold(engine)
        brief_holds(engine)
        print(f"  first release: {len(report.migrated)} migrations, the same schema")


@contextmanager
def opened() -> Iterator[Embedded]:
    """An engine on an empty folder."""
    import chdb

    connect: Any = chdb.connect
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        connection = connect(folder)
        try:
            yield Embedded(connection)
        finally:
            connection.close()


def definitions(engine: Embedded) -> list[tuple[str, str, str]]:
    from tests.schema.support import settings_sorted

    found = engine.rows(
        "SELECT database, name, create_table_query FROM system.tables"
        " WHERE database IN ('footfall', 'footfall_private') ORDER BY database, name"
    )
    return [(database, name, settings_sorted(text)) for database, name, text in found]


def rollups_hold(engine: Embedded) -> None:
    """A block that is sent three times counts once in the base table and in every rollup."""
    from tests.schema.support import event, moment, order

    today = datetime.now(UTC).date()
    day = today - timedelta(days=1)
    events = [
        event(
            "purchase" if n % 5 == 0 else "page_view",
            moment(day, n),
            n % 7,
            session_id=str(n % 9),
            revenue="1.25" if n % 5 == 0 else "0",
        )
        for n in range(100)
    ]
    for sign in (1, -1):
        pending = [order("o1", "pending", moment(day, 1), quantity=sign, total_amount=f"{sign * 2.5}")]
        engine.insert("orders", pending, f"pending{sign}")
    for _ in range(3):
        engine.insert("events", events, "events")
    totals = ("100", "6", "25")
    for _ in range(2):
        assert engine.rows(
            "SELECT count(), uniqIf(user_id, user_id != 0), sum(revenue) FROM footfall.events"
        ) == [totals]
        assert engine.rows(
            "SELECT sum(event_count), uniqMerge(unique_users), sum(total_revenue)"
            " FROM footfall.mv_hourly_events"
        ) == [totals]
        assert engine.rows(
            "SELECT sum(event_count), uniqMerge(unique_users), sum(revenue) FROM footfall.mv_country_stats"
        ) == [totals]
        assert engine.rows(
            "SELECT countMerge(total_events), uniqIf(user_id, user_id != 0), sumMerge(revenue)"
            " FROM footfall.mv_user_funnel"
        ) == [totals]
        assert engine.rows(
            "SELECT sum(activity_count), uniqMerge(event_types_used) FROM footfall.daily_user_activity"
        ) == [("100", "2")]
        assert engine.rows(
            "SELECT status, uniqMerge(order_count), sum(total_revenue), sum(total_quantity)"
            " FROM footfall.mv_product_revenue GROUP BY status"
        ) == [("pending", "1", "0", "0")]
        for table in ("mv_hourly_events", "mv_country_stats", "mv_user_funnel", "mv_product_revenue"):
            engine.command(f"OPTIMIZE TABLE footfall.{table} FINAL")


def brief_holds(engine: Embedded) -> None:
    """The brief's four query patterns run as printed: 100 rows of yesterday and two of today."""
    from tests.schema.support import event, moment

    today = datetime.now(UTC).date()
    bought = [
        event("page_view", moment(today, 1), 1234, country="UK"),
        event("purchase", moment(today, 2), 1234, country="UK", revenue="5"),
    ]
    engine.insert("events", bought, "brief")
    patterns = {f"Pattern {path.stem[-1]}": path.read_text() for path in BRIEF.glob("pattern_*.sql")}
    engine.command("USE footfall")
    assert sorted(row[2] for row in engine.rows(patterns["Pattern 1"])) == ["100", "2"]
    assert engine.rows(patterns["Pattern 2"]) == [("102", "81", "21", str(21 * 100 / 81))]
    timeline = [(kind, revenue) for kind, _, revenue in engine.rows(patterns["Pattern 3"])]
    assert timeline == [("purchase", "5"), ("page_view", "0")]
    assert sorted(engine.rows(patterns["Pattern 4"])) == [("page_view", "1"), ("purchase", "1")]


def review_holds(engine: Embedded) -> None:
    """`footfall doctor --schema` finds nothing wrong with Footfall's schema, and what is with the brief's."""
    from footfall.schema.review import faults
    from footfall.schema.usage import usage

    client: Any = engine
    assert list(faults(client, "footfall")) == []
    seen = usage(client, "footfall")
    assert (seen.queries, len(seen.unused)) == (0, len(seen.objects)), "this engine keeps no query log"
    engine.command("CREATE DATABASE peers_brief")
    for file in sorted((ROOT / "bench" / "peers" / "brief").glob("*.sql")):
        engine.command(file.read_text())
    found = [line.partition(", and ")[0] for line in faults(client, "peers_brief")]
    assert [line for line in found if line.endswith(" as a plain value")] == [
        "daily_user_activity: event_types_used is uniq as a plain value",
        "mv_country_stats: unique_users is uniq as a plain value",
        "mv_hourly_events: unique_users is uniq as a plain value",
        "mv_product_revenue: avg_order_value is avg as a plain value",
    ]
    engine.command("DROP DATABASE peers_brief")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2])
    else:
        sys.exit(main())
