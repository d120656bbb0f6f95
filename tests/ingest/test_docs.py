"""docs/api.md: each example runs against the real ingest, and the tables in it are complete."""

import os
import re
import subprocess
import sys

import pytest

from footfall.model import EVENT_TYPES, ORDER_STATUSES, Event, Order, OrderLine, Product, Reason, User
from tests.ingest.client import Client
from tests.support import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"^```(sh|python)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs_as_printed(number: int, shop: Client) -> None:
    language, code = EXAMPLES[number]
    command = ["bash", "-euo", "pipefail", "-c"] if language == "sh" else [sys.executable, "-c"]
    done = subprocess.run(
        [*command, code.replace("http://127.0.0.1:3002", shop.config.url("ingest"))],
        env=os.environ | {"FOOTFALL_WRITE_KEY": shop.config.write_key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"rejected":1' not in done.stdout


def test_every_field_reason_and_name_is_documented() -> None:
    structs = (Event, Order, OrderLine, User, Product)
    names = {name for struct in structs for name in struct.__struct_fields__}
    missing = [name for name in (*names, *Reason, *ORDER_STATUSES, *EVENT_TYPES) if f"`{name}`" not in TEXT]
    assert missing == []
