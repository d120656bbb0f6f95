"""`python -m tests.engine.unguarded LAYERS DATA_DIR`: chDB and Python with no guard before them.

Reads a list of attempts from standard input, JSON, and prints what came of each: `["done", answer]` or
`["refused", error]`. An attempt is `["sql", statement]`, or the name of a function below with its arguments.
LAYERS are the parts of the kernel's confinement that are on: `none`, `landlock`, `seccomp` or `all`; `older`
is all with the oldest Landlock that will do, which knows no ports; `unnamed` is all, on a chDB without the
name that `figures` looks for.
"""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from footfall.engine import figures, landlock, sandbox, seccomp
from footfall.engine.database import Database

ONCE = {"http_max_tries": "1", "s3_retry_attempts": "0"}
"""Settings without which the engine tries a connection again for minutes."""


def read(path: str) -> str:
    with Path(path).open("rb") as file:
        return file.read(64).decode(errors="replace")


def write(path: str) -> str:
    with Path(path).open("w") as file:
        return str(file.write("x"))


def listen(port: int) -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        return "bound"


def send(port: int) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return str(sender.sendto(b"here", ("127.0.0.1", port)))


def connect(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return "connected"


def execute(program: str) -> str:
    return subprocess.run([program], check=True, capture_output=True).stdout.decode()


def signal(process: int) -> str:
    os.kill(process, 0)
    return "sent"


def attempt(database: Database, kind: str, *arguments: Any) -> tuple[str, str]:
    try:
        if kind == "sql":
            handle = database.open()
            handle.apply(ONCE)
            return "done", handle.run(arguments[0])[0].decode(errors="replace")
        return "done", globals()[kind](*arguments)
    except Exception as error:
        return "refused", f"{type(error).__name__}: {error}"


def main(layers: str, data_dir: str) -> None:
    attempts = json.load(sys.stdin)
    if layers == "unnamed":
        figures._NAME = b"/proc/thread-self/no-such-figure\0"
    database = Database(Path(data_dir))
    if layers == "landlock":
        seccomp.restrict = lambda: None
    if layers != "none":
        abi = {"seccomp": 0, "older": landlock.LEAST_ABI}.get(layers, landlock.abi())
        sandbox.confine(database.folders, [database.settings], abi)
    database.start("")
    with ThreadPoolExecutor(1) as thread:
        json.dump([thread.submit(attempt, database, *one).result() for one in attempts], sys.stdout)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
