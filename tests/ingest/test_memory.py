"""Ingest's memory: whatever is sent at once, and however it is encoded, it stays below 500 MB."""

import gzip
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from footfall.config import Config
from tests import support
from tests.ingest.client import Client

BODY_BYTES = 63 << 20
ITEM_BYTES = 20_000
LIMIT_BYTES = 500_000_000
SENDERS = 6


def items(sender: int) -> list[bytes]:
    """Events with long properties, as many as fill a body."""
    text = "shop " * (ITEM_BYTES // 5)
    return [
        json.dumps(
            {"event_id": f"{sender}-{number}", "event_type": "page_view", "properties": {"text": text}}
        ).encode()
        for number in range(BODY_BYTES // (ITEM_BYTES + 200))
    ]


def highest(pid: int) -> int:
    """Bytes of memory that the process had at the most (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def test_many_bodies_of_the_largest_size_at_once_fit_into_500_mb(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    """Six of 63 MiB, two of them from gzip; who is told 429 sends again, and all are kept."""
    ingest = start("ingest", own_config)
    answers: list[tuple[int, int]] = []

    def send(sender: int) -> None:
        sent = items(sender)
        array = sender % 3 == 0
        body = b"[" + b",".join(sent) + b"]" if array else b"\n".join(sent)
        headers = {"Content-Type": "application/json" if array else "application/x-ndjson"}
        if sender % 3 == 1:
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        client = Client(own_config, timeout_s=150)
        while True:
            try:
                answer = client.post("events", body, headers=headers)
            except OSError:  # refused while the body was on its way
                answer = None
            if answer and answer.status != 429:
                answers.append((answer.status, answer.body["accepted"] - len(sent)))
                return
            time.sleep(0.2)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers == [(202, 0)] * SENDERS
    assert highest(ingest.pid) < LIMIT_BYTES
