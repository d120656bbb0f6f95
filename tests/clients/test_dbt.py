"""dbt-clickhouse on a small project: seed, run (tables, a view, incremental models), test, documentation."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from tests.support import ROOT

DBT = ROOT / ".make" / "dbt" / "bin" / "dbt"
PROJECT = Path(__file__).parent / "dbt"
Dbt = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return shutil.copytree(PROJECT, tmp_path / "project")


@pytest.fixture
def dbt(config: Config, store_client: Client, project: Path) -> Iterator[Dbt]:
    """Runs a command of dbt in a copy of the project; what it made is dropped afterwards."""
    environ = {"ENGINE_PORT": str(config.engine_port), "ENGINE_PASSWORD": config.store_password("footfall")}

    def run(*command: str) -> str:
        ran = subprocess.run(
            [DBT, "--no-use-colors", *command],
            env=os.environ | environ,
            cwd=project,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    yield run
    store_client.command("DROP DATABASE IF EXISTS clients_dbt SYNC")


def days(client: Client) -> list[tuple[str, int, float]]:
    sql = "SELECT toString(day), orders, amount FROM clients_dbt.orders_by_day ORDER BY day"
    return [(day, orders, amount) for day, orders, amount in client.query(sql).result_rows]


@pytest.mark.timeout(300)
def test_a_project_is_seeded_run_again_tested_and_documented(
    dbt: Dbt, project: Path, store_client: Client
) -> None:
    dbt("seed")
    dbt("run")
    assert "PASS=5" in dbt("test")
    assert days(store_client) == [("2026-01-01", 2, 30.5), ("2026-01-02", 1, 5.0)]
    assert store_client.command("SELECT user_id FROM clients_dbt.top") == "u2"
    with (project / "seeds" / "orders.csv").open("a") as seed:
        seed.write("4,u3,2026-01-02,7\n5,u3,2026-01-03,100\n")
    assert "PASS=10" in dbt("build")  # seed, run and test in one
    assert days(store_client) == [
        ("2026-01-01", 2, 30.5),
        ("2026-01-02", 2, 12.0),
        ("2026-01-03", 1, 100.0),
    ]
    assert store_client.command("SELECT count() FROM clients_dbt.orders_appended") == 5
    assert store_client.command("SELECT user_id FROM clients_dbt.top") == "u3"
    dbt("docs", "generate")
    catalog = json.loads((project / "target" / "catalog.json").read_text())
    assert set(catalog["nodes"]) == {
        "seed.shop.orders",
        *(f"model.shop.{name}" for name in ("orders_appended", "orders_by_day", "top", "users")),
    }
