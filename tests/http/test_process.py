"""The engine as a process: its start, its end, its memory, and what it keeps on disk."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from footfall.config import Config
from footfall.doctor import examine
from tests import support
from tests.engine.speak import code, speaker


@pytest.fixture
def engine(own_config: Config, start: Callable[..., support.Process]) -> support.Process:
    return start("engine", own_config)


def test_a_second_engine_on_one_data_folder_is_one_clear_line(engine: support.Process) -> None:
    second = support.run(support.make_config(engine.config.data_dir), "engine", limit_s=30)
    assert second.returncode == 2
    assert second.stderr.strip().splitlines() == [
        f"footfall: the data folder {engine.config.data_dir} is in use by another engine"
    ]
    with speaker(engine.config) as client:
        assert client.post("/", content="SELECT 1").text == "1\n"


def test_a_port_in_use_is_one_clear_line(engine: support.Process, tmp_path: Path) -> None:
    other = support.make_config(tmp_path / "other", engine_port=engine.config.engine_port)
    second = support.run(other, "engine", limit_s=30)
    assert second.returncode == 2
    (line,) = second.stderr.strip().splitlines()
    assert f"{engine.config.engine_port}: Address already in use" in line


def test_a_data_folder_of_any_name_works_or_is_refused(
    tmp_path: Path, start: Callable[..., support.Process]
) -> None:
    config = support.make_config(tmp_path / "ü b'<c>")
    start("engine", config)
    with speaker(config) as client:
        client.post("/", content="CREATE DATABASE shop")
        assert "BACKUP_CREATED" in client.post("/", content="BACKUP DATABASE shop TO File('x')").text
    refused = support.run(support.make_config(tmp_path / "a&b"), "engine", limit_s=30)
    assert refused.returncode == 2
    assert "'&'" in refused.stderr


def test_it_ends_within_seconds_whatever_runs(engine: support.Process) -> None:
    table = "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a"
    with speaker(engine.config) as client:
        assert client.post("/", content=table).status_code == 200

    def slowly() -> Iterator[bytes]:
        while True:
            yield b"1\n" * 1000
            time.sleep(0.05)

    def say(content: object, **params: str) -> None:
        with speaker(engine.config) as client, contextlib.suppress(httpx.TransportError):
            client.post("/", params=params, content=content)  # type: ignore[arg-type]

    talks = [
        threading.Thread(target=say, args=("SELECT count() FROM system.numbers",)),
        threading.Thread(target=say, args=("SELECT number FROM system.numbers",)),
        threading.Thread(target=say, args=(slowly(),), kwargs={"query": "INSERT INTO t FORMAT CSV"}),
    ]
    for talk in talks:
        talk.start()
    with speaker(engine.config) as client:
        sql = "SELECT count() FROM system.processes WHERE query LIKE '%system.numbers%'"
        while client.post("/", content=sql).text != "3\n":
            time.sleep(0.05)
    engine.stop(limit_s=5)
    for talk in talks:
        talk.join(5)
    assert "Traceback" not in engine.output()


def test_it_ends_within_seconds_while_a_view_refreshes(engine: support.Process) -> None:
    with speaker(engine.config) as client:
        view = (
            "CREATE MATERIALIZED VIEW v REFRESH EVERY 1 SECOND ENGINE = Memory AS "
            "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String') SETTINGS http_max_tries = 10"
        )
        assert client.post("/", content=view).status_code == 200
        running = "SELECT count() FROM system.view_refreshes WHERE status = 'Running'"
        while client.post("/", content=running).text != "1\n":
            time.sleep(0.05)
    engine.stop(limit_s=8)


def test_databases_may_be_dropped_and_the_engine_goes_on(
    engine: support.Process, start: Callable[..., support.Process]
) -> None:
    def works() -> bool:
        with speaker(engine.config) as client:  # a setting, so that no handle of before serves it
            return client.post("/?max_threads=1", content="SELECT 1").text == "1\n"

    with speaker(engine.config) as client:
        for name in ("default", "footfall", "default"):
            assert client.post("/", content=f"DROP DATABASE {name} SYNC").status_code == 200
            assert works()
        for sql in ("CREATE DATABASE footfall", "DETACH DATABASE footfall", "ATTACH DATABASE footfall"):
            assert client.post("/?database=default", content=sql).status_code == 200
        assert client.post("/", content="DROP DATABASE footfall SYNC").status_code == 200
    engine.stop()
    start("engine", engine.config)
    assert works()


def test_what_was_acknowledged_is_there_after_a_restart(
    engine: support.Process, start: Callable[..., support.Process]
) -> None:
    with speaker(engine.config) as client:
        client.post("/", content="CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
        client.post("/", content="INSERT INTO t SELECT number FROM numbers(1000)")
    engine.kill()
    start("engine", engine.config)
    with speaker(engine.config) as client:
        assert client.post("/", content="SELECT count() FROM t").text == "1000\n"


def test_it_starts_without_what_only_python_programs_need_of_chdb(engine: support.Process) -> None:
    loaded = {Path(region.path).name for region in psutil.Process(engine.pid).memory_maps()}
    assert "_chdb.abi3.so" in loaded
    assert not {name for name in loaded if name.startswith(("libarrow", "_multiarray_umath"))}


def test_nobody_else_may_look_into_what_it_stores(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    own_config.data_dir.chmod(0o755)
    database = own_config.data_dir / "clickhouse"
    database.mkdir(mode=0o755)
    engine = start("engine", own_config)
    with speaker(own_config) as client:
        client.post("/", content="CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a AS SELECT 1")
        client.post("/", content="BACKUP TABLE t TO File('one')")
    engine.stop()  # so that nothing is merged away meanwhile
    made = [database, *database.rglob("*"), *(own_config.data_dir / "backups").rglob("*")]
    assert len(made) > 30
    assert [path for path in made if not path.is_symlink() and path.stat().st_mode & 0o077] == []
    (own_config.data_dir / "inbox").mkdir(mode=0o755)
    (told,) = (finding for finding in examine(own_config) if "by others" in finding.text)
    assert not told.good and "inbox can be read by others: chmod 700 it" in told.text


def test_statements_are_logged_with_the_clients_id(engine: support.Process) -> None:
    with speaker(engine.config) as client:
        client.post("/?query_id=logged-1&log_comment=why", content="SELECT 41 + 1")
        client.post("/", content="SYSTEM FLUSH LOGS")
        sql = "SELECT log_comment FROM system.query_log WHERE query_id = 'logged-1'"
        assert "why" in client.post("/", content=sql).text
        ttl = client.post("/", content="SHOW CREATE TABLE system.query_log FORMAT TSVRaw").text
        assert "toIntervalDay(7)" in ttl


def test_the_log_outlives_the_engine_once_and_whole(
    engine: support.Process, start: Callable[..., support.Process]
) -> None:
    config = engine.config
    with speaker(config) as client:
        for number in range(3):  # parts that merge: what they became counts, and they no more
            client.post(f"/?query_id=kept-{number}", content="SELECT 1")
            client.post("/", content="SYSTEM FLUSH LOGS")
        client.post("/", content="OPTIMIZE TABLE system.query_log FINAL")
    engine.kill()
    again = start("engine", config)
    again.stop()
    start("engine", config)
    with speaker(config) as client:
        logged = "SELECT query_id, count() FROM system.query_log WHERE query_id LIKE 'kept-%'"
        sql = f"{logged} GROUP BY query_id ORDER BY query_id"
        assert client.post("/", content=sql).text == "kept-0\t2\nkept-1\t2\nkept-2\t2\n"
        assert client.post("/", content="SHOW TABLES FROM system LIKE 'query_log%'").text == "query_log\n"
        ttl = client.post("/", content="SHOW CREATE TABLE system.query_log FORMAT TSVRaw").text
        assert "toIntervalDay(7)" in ttl


def test_a_log_that_cannot_be_read_does_not_keep_the_engine_from_starting(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    left = own_config.data_dir / "clickhouse" / "query_log_before"
    left.mkdir(parents=True)
    (left / "format_version.txt").write_text("nonsense")
    engine = start("engine", own_config)
    assert "the query log of earlier runs is lost" in engine.output()
    assert not left.exists()
    with speaker(own_config) as client:
        assert client.post("/", content="SELECT 1").text == "1\n"


def test_what_clients_do_wrong_does_not_fill_the_log(engine: support.Process) -> None:
    before = engine.output()
    with speaker(engine.config) as client:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        assert code(client.post("/", content=b"--b?", headers=headers)) == 36
        upgrade = {"Connection": "upgrade", "Upgrade": "h2c"}
        assert client.get("/?query=SELECT 1", headers=upgrade).text == "1\n"
    with socket.create_connection(("127.0.0.1", engine.config.engine_port), timeout=30) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert engine.output() == before


def test_times_are_utc_whatever_the_machine_says(own_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    engine = support.start("engine", own_config)
    with speaker(own_config) as client:
        assert (
            client.post("/", content="SELECT timezone(), toDateTime(0)").text == "UTC\t1970-01-01 00:00:00\n"
        )
    engine.stop()


def test_merges_write_projections_by_the_few_megabytes(engine: support.Process) -> None:
    """They would hold up to 256 MiB of each otherwise: a GiB for a table of eight."""
    written = "SELECT value FROM system.events WHERE event = 'MergeTreeDataProjectionWriterBlocks'"
    with speaker(engine.config) as client:
        for sql in (
            "CREATE TABLE bulky (number UInt64, text String, PROJECTION by_text (SELECT text ORDER BY text))"
            " ENGINE = MergeTree ORDER BY number"
            " SETTINGS materialize_projections_on_insert = 0, materialize_projections_on_merge = 1",
            "INSERT INTO bulky SELECT number, repeat(toString(number), 20) FROM numbers(300000)",
            "OPTIMIZE TABLE bulky FINAL",
        ):
            assert client.post("/", content=sql).status_code == 200
        assert int(client.post("/", content=written).text) >= 4, "36 MB in pieces of 8 MiB"
        session = client.post("/", content="SELECT getSetting('min_insert_block_size_bytes')").text
        assert int(session) > 64 << 20, "what statements write is not cut for it"
