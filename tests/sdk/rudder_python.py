"""A shop on RudderStack's SDK for Python: plays one act of its day (see `acts`)."""

import os
import sys
from typing import Any

from rudderstack.analytics.client import Client

FAILED: list[Any] = []
client = Client(
    os.environ["KEY"],
    host=os.environ["URL"],
    gzip=os.environ["GZIP"] == "1",
    on_error=lambda error, batch: FAILED.append((error, batch)),
    upload_size=3,
)


def send(act: list[dict[str, Any]]) -> None:
    """Calls the SDK as a shop would."""
    for one in act:
        call = getattr(client, one["call"])
        call(**{name: value for name, value in one.items() if name != "call"})
    client.shutdown()
    if FAILED:
        sys.exit(f"not delivered: {FAILED}")


if __name__ == "__main__":
    import json

    send(json.load(sys.stdin))
