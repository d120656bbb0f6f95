"""Items, rows and validators for tests, without a server."""

import itertools
import os
import time
import uuid
from typing import Any

from footfall.ingest.fields import Rules
from footfall.ingest.outcome import Entry, ItemError, Sender
from footfall.ingest.validate import Validator
from footfall.model import Kind

NOW_MS = int(time.time() * 1000)
DAY_MS = 86_400_000
RULES = Rules(currency="USD", events_ttl_days=90, orders_ttl_days=365)
_numbers = itertools.count(1)


def sender(now_ms: int = NOW_MS) -> Sender:
    return Sender(os.urandom(16), "default", "http", now_ms)


def validated(
    kind: Kind, *items: bytes, rules: Rules = RULES
) -> tuple[list[list[Entry]], list[ItemError], list[Entry]]:
    """What validation makes of items."""
    return Validator(kind, sender(), rules).validate(items, 0)


def row(kind: Kind, item: bytes, rules: Rules = RULES) -> dict[str, Any]:
    """The one row of an item that is good, by column."""
    from footfall.ingest.lanes import BY_NAME

    good, errors, _ = validated(kind, item, rules=rules)
    assert not errors, errors
    entry = good[0][0]
    return {column.name: value for column, value in zip(BY_NAME[entry.lane].columns, entry.row, strict=True)}


def code(kind: Kind, item: bytes, rules: Rules = RULES) -> str:
    """The reason for which an item is rejected; "" where it is good."""
    _, errors, _ = validated(kind, item, rules=rules)
    return str(errors[0].code) if errors else ""


def new_id(prefix: str = "t") -> str:
    """An id that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}-{next(_numbers)}"
