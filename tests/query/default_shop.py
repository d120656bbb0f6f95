"""The truth about a generated shop, and the range that holds all of its history."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from footfall.config import Config
from tests import support

Truth = dict[str, Any]


def generated(config: Config, path: Path, *options: str) -> Truth:
    """Generates a shop into the store; the default one where there are no options."""
    done = support.run(config, "generate", *options, "--truth", str(path))
    assert done.returncode == 0, done.stderr
    truth: Truth = json.loads(path.read_text())
    return truth


def whole_range(truth: Truth) -> dict[str, str]:
    """`from` and `to` around the whole history."""
    until = datetime.fromisoformat(truth["plan"]["until"])
    since = until - timedelta(days=truth["plan"]["order_days"] - 1)
    return {"from": f"{since:%Y-%m-%d}", "to": f"{until + timedelta(days=1):%Y-%m-%d}"}
