"""The kernel's confinement: statements that get past the guard read no file and reach no listener.

The owner's statements meet no guard, and `unguarded` runs chDB with no guard at all; each attempt is also
made without confinement, where it must succeed, so that a refusal is the confinement's.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from footfall.config import Config
from footfall.doctor import examine
from tests import support
from tests.engine.speak import code, speaker
from tests.engine.unguarded import ONCE

Attempt = tuple[str, object]
REFUSED = ("Permission denied", "errno: 13", "Cannot open file", "PermissionError")


@dataclass
class Outside:
    """What a statement must not reach: files with a mark in them, and listeners that count who comes."""

    folder: Path
    secrets: Path
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    mark: str = "the-mark-of-a-file-outside"
    reached: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.tcp.getsockname()[1])

    def serve(self) -> None:
        """Answers each TCP connection as a web server, until the socket is closed."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                self.reached.append("tcp")
                with connection:
                    connection.settimeout(2)
                    with contextlib.suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(f"HTTP/1.0 200 OK\r\n\r\n{self.mark}".encode())


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    config = support.make_config(tmp_path / "data")
    (config.data_dir / "inbox").mkdir()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with (
        socket.socket() as tcp,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        outside = Outside(folder, config.data_dir / "secrets.toml", tcp, udp, unix)
        for path in (folder / "file.txt", config.data_dir / "inbox" / "file.txt"):
            path.write_text(outside.mark)
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.2)
        unix.bind(str(folder / "socket"))
        unix.listen()
        server = threading.Thread(target=outside.serve)
        server.start()
        yield outside
        tcp.shutdown(socket.SHUT_RDWR)
    server.join()


def reading(outside: Outside) -> list[str]:
    """Statements that read a file which is none of the engine's."""
    file, inbox = outside.folder / "file.txt", outside.secrets.parent / "inbox" / "file.txt"
    return [
        f"SELECT * FROM file('{file}', 'LineAsString')",
        f"SELECT file('{file}')",
        f"DESCRIBE TABLE file('{file}', 'TSV')",
        f"SELECT * FROM file('{outside.secrets}', 'LineAsString')",
        f"SELECT file('{inbox}')",
        "SELECT file('/proc/self/environ')",
        "SELECT file('/proc/self/maps')",
        "SELECT file('/proc/thread-self/maps')",
        "SELECT file('/etc/passwd')",
    ]


def connecting(outside: Outside) -> list[str]:
    """Statements that connect to a listener on this machine."""
    host = f"127.0.0.1:{outside.port}"
    return [
        f"SELECT * FROM url('http://{host}/', 'LineAsString')",
        f"DESCRIBE TABLE url('http://{host}/', 'TSV')",
        f"SELECT * FROM s3('http://{host}/bucket/key', 'LineAsString')",
        f"SELECT * FROM remote('{host}', system.one)",
        f"SELECT * FROM mysql('{host}', 'a', 'b', 'c', 'd')",
        f"SELECT * FROM postgresql('{host}', 'a', 'b', 'c', 'd')",
        f"SELECT * FROM redis('{host}', 'k', 'k String')",
        f"INSERT INTO FUNCTION url('http://{host}/', 'CSV', 'a UInt8') VALUES (1)",
    ]


def try_all(layers: str, outside: Outside, attempts: list[Attempt]) -> list[tuple[str, str]]:
    """What came of each attempt in a process of its own, on the data folder that holds the secrets."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.unguarded", layers, str(outside.secrets.parent)],
        cwd=support.ROOT,
        input=json.dumps(attempts),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [tuple(one) for one in json.loads(done.stdout)]


@pytest.mark.parametrize("layers", ["landlock", "older", "all"])
def test_a_statement_past_the_guard_reads_no_file(outside: Outside, layers: str) -> None:
    attempts: list[Attempt] = [("sql", sql) for sql in reading(outside)]
    for (_, sql), (outcome, text) in zip(attempts, try_all("none", outside, attempts), strict=True):
        assert outcome == "done", f"the control: {sql}: {text}"
    for (_, sql), (outcome, text) in zip(attempts, try_all(layers, outside, attempts), strict=True):
        assert outcome == "refused", f"{sql}: {text}"
        assert any(word in text for word in REFUSED), f"{sql}: {text}"
        assert outside.mark not in text


@pytest.mark.parametrize("layers", ["landlock", "seccomp", "older", "all"])
def test_a_statement_past_the_guard_reaches_no_listener(outside: Outside, layers: str) -> None:
    attempts: list[Attempt] = [("sql", sql) for sql in connecting(outside)]
    for (_, sql), (outcome, text) in zip(attempts, try_all(layers, outside, attempts), strict=True):
        assert outcome == "refused", f"{sql}: {text}"
    assert outside.reached == []


@pytest.mark.parametrize("number", range(8))
def test_without_confinement_each_of_them_does(outside: Outside, number: int) -> None:
    """The control of the test above."""
    try_all("none", outside, [("sql", connecting(outside)[number])])
    assert outside.reached


def test_a_folder_is_not_listed(outside: Outside) -> None:
    attempts: list[Attempt] = [
        ("sql", f"SELECT count() FROM file('{outside.folder}/*', 'LineAsString')"),
        ("sql", f"SELECT count() FROM filesystem('{outside.folder}') WHERE name = 'file.txt'"),
    ]
    assert [text.strip() for _, text in try_all("none", outside, attempts)] == ["1", "1"]
    assert "1" not in [text.strip() for _, text in try_all("all", outside, attempts)]


def test_a_statement_past_the_guard_writes_into_the_databases_folders_only(outside: Outside) -> None:
    data = outside.secrets.parent
    places = [outside.folder / "new", data / "new", data / "inbox" / "new", data / "clickhouse.xml"]
    attempts: list[Attempt] = [("sql", f"SELECT 1 INTO OUTFILE '{place}' TRUNCATE") for place in places]
    attempts.append(("sql", f"SELECT 1 INTO OUTFILE '{data}/tmp/new'"))
    settings = data / "clickhouse.xml"
    assert [outcome for outcome, _ in try_all("all", outside, attempts)] == ["refused"] * 4 + ["done"]
    assert not any(place.exists() for place in places[:3])
    assert "<clickhouse>" in settings.read_text()
    attempts[-1] = ("sql", f"SELECT 1 INTO OUTFILE '{data}/tmp/newer'")
    assert [outcome for outcome, _ in try_all("none", outside, attempts)] == ["done"] * 5


def test_even_code_in_the_process_is_kept_from_files_network_and_programs(outside: Outside) -> None:
    attempts: list[Attempt] = [
        ("read", str(outside.secrets)),
        ("read", "/proc/self/environ"),
        ("read", "/proc/self/maps"),
        ("read", f"/proc/{os.getpid()}/environ"),
        ("write", str(outside.folder / "written")),
        ("listen", 0),
        ("send", outside.udp.getsockname()[1]),
        ("connect", str(outside.folder / "socket")),
        ("execute", "/bin/true"),
        ("signal", os.getpid()),
    ]
    for one, (outcome, text) in zip(attempts, try_all("none", outside, attempts), strict=True):
        assert outcome == "done", f"the control: {one}: {text}"
    assert outside.udp.recv(10) == b"here"
    (outside.folder / "written").unlink()
    for one, (outcome, text) in zip(attempts, try_all("all", outside, attempts), strict=True):
        assert outcome == "refused", f"{one}: {text}"
        assert "PermissionError" in text, f"{one}: {text}"
    with pytest.raises(TimeoutError):
        outside.udp.recv(10)
    assert not (outside.folder / "written").exists()


@pytest.fixture
def engine(outside: Outside, start: Callable[..., support.Process]) -> support.Process:
    """The engine as it is served, on the data folder that holds the secrets and the inbox."""
    return start("engine", support.make_config(outside.secrets.parent))


def test_the_served_engine_is_confined(outside: Outside, engine: support.Process) -> None:
    with speaker(engine.config) as owner:
        for sql in (*reading(outside), *connecting(outside)):
            answer = owner.post("/", content=sql, params=ONCE)
            assert code(answer) != 0 or sql.startswith("INSERT"), f"{sql}: {answer.text}"
            assert code(answer) != 497, "the guard stood before it"
            assert outside.mark not in answer.text
        for name in ("job", "handles", "self", "params", "os.environ", "RIGHTS"):
            answer = owner.post("/", content=f"SELECT * FROM Python({name})")
            assert engine.config.reader_password not in answer.text
    assert outside.reached == []


def test_the_kernel_says_the_same_of_every_thread(engine: support.Process) -> None:
    with speaker(engine.config) as owner:
        owner.post("/", content="SELECT count() FROM numbers_mt(10000000)")
    threads = list(Path(f"/proc/{engine.pid}/task").iterdir())
    assert len(threads) > 5
    for thread in threads:
        status = (thread / "status").read_text()
        assert "NoNewPrivs:\t1" in status
        assert "Seccomp:\t2" in status
    (cores,) = (
        line for line in Path(f"/proc/{engine.pid}/limits").read_text().splitlines() if "core" in line
    )
    assert cores.split()[-3:-1] == ["0", "0"]


def test_secrets_are_gone_from_its_environment(engine: support.Process) -> None:
    assert support.environ_of(engine.config)["FOOTFALL_PASSWORD"]  # it was started with it
    with contextlib.suppress(PermissionError):  # only root may look
        assert Path(f"/proc/{engine.pid}/environ").read_bytes().strip(b"\0") == b""


def test_what_a_database_does_works_under_it(engine: support.Process) -> None:
    """Spills, backups, links from folder to folder, mutations, zones, memory limits, the query log."""
    spill = {"max_bytes_before_external_sort": "1000000", "max_bytes_ratio_before_external_sort": "0"}
    with speaker(engine.config) as owner:

        def say(sql: str, **settings: str) -> str:
            answer = owner.post("/", content=sql, params=settings)
            assert code(answer) == 0, answer.text
            return answer.text

        say("CREATE DATABASE shop")
        say(
            "CREATE TABLE shop.t (a UInt64, s String, d DateTime) ENGINE = MergeTree ORDER BY a"
            " TTL d + INTERVAL 1 DAY"
        )
        say("INSERT INTO shop.t SELECT number, toString(number), now() FROM numbers(500000)")
        say("INSERT INTO shop.t SELECT number, 'old', toDateTime('2020-01-01') FROM numbers(10)")
        say("OPTIMIZE TABLE shop.t FINAL")
        assert say("SELECT count() FROM shop.t") == "500000\n"
        say("SELECT a, s FROM shop.t ORDER BY cityHash64(s) FORMAT Null", **spill)
        say("SYSTEM FLUSH LOGS")
        spilled = "sum(ProfileEvents['ExternalSortWritePart']) > 0, max(memory_usage) > 0"
        assert say(f"SELECT {spilled} FROM system.query_log") == "1\t1\n"
        say("ALTER TABLE shop.t DELETE WHERE a % 2 = 0", mutations_sync="2")
        say("ALTER TABLE shop.t DETACH PARTITION tuple()")
        say("ALTER TABLE shop.t ATTACH PARTITION tuple()")
        assert "BACKUP_CREATED" in say("BACKUP DATABASE shop TO File('b')")
        say("DROP DATABASE shop SYNC")
        assert "RESTORED" in say("RESTORE DATABASE shop FROM File('b')")
        assert say("SELECT count() FROM shop.t") == "250000\n"
        assert say("SELECT toString(toDateTime(0, 'Asia/Tokyo'))") == "1970-01-01 09:00:00\n"
        assert int(say("SELECT value FROM system.metrics WHERE metric = 'MemoryTracking'")) > 1_000_000
        refused = owner.post(
            "/",
            content="SELECT groupArray(number) FROM numbers(100000000)",
            params={"max_memory_usage": "100000000"},
        )
        assert code(refused) == 241


def test_no_statement_tries_what_the_kernel_refuses(engine: support.Process) -> None:
    """chDB would look for figures of each thread of each statement; errors that it catches cost time."""
    with speaker(engine.config) as owner:
        owner.post("/", content="SELECT count() FROM numbers_mt(1000000) GROUP BY number % 10")
        errors = "SELECT name, last_error_message FROM system.errors WHERE name = 'CANNOT_OPEN_FILE'"
        assert owner.post("/", content=errors).text == ""
        owner.post("/", content="SELECT file('/etc/passwd')")
        assert "passwd" in owner.post("/", content=errors).text


def test_the_confined_engine_says_nothing_and_doctor_says_that_it_is(engine: support.Process) -> None:
    assert "confined" not in engine.output()
    (finding,) = (one for one in examine(engine.config) if "by the kernel" in one.text)
    assert finding.good


def test_an_engine_without_landlock_says_so_at_start_and_to_doctor(own_config: Config) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.without_landlock", sys.executable, "-m", "footfall", "engine"],
        env=support.environ_of(own_config) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=support.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said == (
            "engine is not confined by the kernel: files are open to it: the kernel has no Landlock\n"
        )
        assert "listens on" in process.stdout.readline()
        while not support.answers(own_config.url("engine") + "/ping"):
            assert process.poll() is None
        found = support.run(own_config, "doctor").stdout
        assert "WRONG  the engine is not confined by the kernel: files are open to it" in found
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
