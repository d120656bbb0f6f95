"""Backups: in the data folder alone, and what they would bring back is looked at first."""

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from footfall.config import Config
from footfall.engine.backups import check_restore
from footfall.engine.exceptions import EngineError
from tests.engine.speak import code

KAFKA = "CREATE TABLE kept.k (a UInt8) ENGINE = Kafka('k:9092', 't', 'g', 'CSV')"


@pytest.fixture
def backup(config: Config, owner_http: httpx.Client) -> Iterator[Path]:
    """A backup of a database `kept` with the table `t`, which is gone again."""
    for sql in (
        "CREATE DATABASE kept",
        "CREATE TABLE kept.t (a UInt64) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO kept.t SELECT number FROM numbers(10)",
        "BACKUP DATABASE kept TO File('kept')",
        "BACKUP DATABASE kept TO File('kept.tar')",
        "DROP DATABASE kept SYNC",
    ):
        assert owner_http.post("/", content=sql).status_code == 200, sql
    backups = config.data_dir / "backups"
    yield backups / "kept"
    owner_http.post("/", content="DROP DATABASE IF EXISTS kept SYNC")
    shutil.rmtree(backups / "kept")
    (backups / "kept.tar").unlink()


def test_backups_go_to_the_data_folder_and_nowhere_else(
    config: Config, owner_http: httpx.Client, backup: Path
) -> None:
    assert backup.parent == config.data_dir / "backups" and (backup / ".backup").exists()
    for elsewhere in ("/tmp/elsewhere", "../elsewhere"):
        assert code(owner_http.post("/", content=f"BACKUP DATABASE system TO File('{elsewhere}')")) != 0
    assert not (config.data_dir / "elsewhere").exists()


def test_a_backup_that_is_named_by_a_parameter_comes_back(owner_http: httpx.Client, backup: Path) -> None:
    sql = "RESTORE DATABASE kept FROM File({name:String})"
    for name in ("kept", "kept.tar"):
        assert "RESTORED" in owner_http.post("/", params={"param_name": name}, content=sql).text
        assert owner_http.post("/", content="SELECT count() FROM kept.t").text == "10\n"
        owner_http.post("/", content="DROP DATABASE kept SYNC")


def test_a_table_that_fetches_by_itself_does_not_come_back(owner_http: httpx.Client, backup: Path) -> None:
    (backup / "metadata" / "kept" / "k.sql").write_text(KAFKA)
    for what in ("DATABASE kept", "ALL", "TABLE kept.k", "TABLE kept.k AS kept.other"):
        answer = owner_http.post("/", content=f"RESTORE {what} FROM File('kept')")
        assert code(answer) == 344, what
        assert "metadata/kept/k.sql in the backup kept has the table engine Kafka" in answer.text
    owner_http.post("/", content="CREATE DATABASE kept")
    assert "RESTORED" in owner_http.post("/", content="RESTORE TABLE kept.t FROM File('kept')").text
    assert owner_http.post("/", content="SELECT count() FROM kept.t").text == "10\n"


RESTORE = b"RESTORE DATABASE kept FROM File('later')"


def test_what_a_backup_builds_on_is_looked_at_too(tmp_path: Path) -> None:
    for name in ("first", "later"):
        (tmp_path / name / "metadata" / "kept").mkdir(parents=True)
        (tmp_path / name / ".backup").write_text("<config></config>")
    check_restore(RESTORE, {}, tmp_path)
    (tmp_path / "first" / "metadata" / "kept" / "k.sql").write_text(KAFKA)
    check_restore(RESTORE, {}, tmp_path)
    (tmp_path / "later" / ".backup").write_text("<config><base_backup>File('first')</base_backup></config>")
    with pytest.raises(EngineError, match="in the backup first has the table engine Kafka"):
        check_restore(RESTORE, {}, tmp_path)


def test_archives_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "k.sql").write_text(KAFKA)
    with tarfile.open(tmp_path / "later", "w:gz") as archive:
        archive.add(tmp_path / "k.sql", "metadata/kept/k.sql")
    with pytest.raises(EngineError, match="has the table engine Kafka"):
        check_restore(RESTORE, {}, tmp_path)
    (tmp_path / "later").write_bytes(b"no archive")
    with pytest.raises(EngineError, match="cannot be looked into"):
        check_restore(RESTORE, {}, tmp_path)
