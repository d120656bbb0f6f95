"""What does the HTTP interface add to the embedded engine?

`SELECT 1` by a raw HTTP request on a kept-alive connection and by the official client, beside the same
statement on a chDB handle in a process of its own.
"""

import base64
import http.client
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

import msgspec

from bench.report import Report, in_turn, spread
from bench.stack import shop
from footfall import store
from footfall.config import Config

_IN_PROCESS = """
import json, sys, time
import chdb
handle = chdb.connect(sys.argv[1])
times = []
for _ in range(int(sys.argv[2]) + 2):
    began = time.perf_counter()
    handle.query("SELECT 1", "TabSeparated")
    times.append((time.perf_counter() - began) * 1000)
print(json.dumps(times[2:]))
"""


def measure(*, events: int, runs: int) -> Report:
    """`SELECT 1` through each way in."""
    with shop(events) as config, store.connect(config, "footfall") as client:
        report = Report(
            "SELECT 1, ms",
            ["by", "median", "p95", "p99"],
            events,
            runs,
            f"ClickHouse {client.server_version}",
        )
        raw = _RawClient(config)
        by_http, by_client = in_turn([raw.select_1, lambda: client.command("SELECT 1")], runs)
        report.rows = [
            ["a chDB handle in the process", *spread(_in_process(runs))],
            ["HTTP", *spread(by_http)],
            ["HTTP with clickhouse-connect", *spread(by_client)],
        ]
        return report


class _RawClient:
    def __init__(self, config: Config) -> None:
        address = urlsplit(config.url("engine"))
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port)
        token = base64.b64encode(f"footfall:{config.password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {token}"}

    def select_1(self) -> None:
        self.connection.request("POST", "/", body=b"SELECT 1", headers=self.headers)
        answer = self.connection.getresponse()
        if answer.read() != b"1\n":
            raise RuntimeError(f"the engine answered {answer.status}")


def _in_process(runs: int) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder:
        printed = subprocess.run(
            [sys.executable, "-c", _IN_PROCESS, folder, str(runs)],
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
    return msgspec.json.decode(printed, type=list[float])
