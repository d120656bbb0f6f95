"""The official client for Node.js; its checks are written in its own language, in `node.mjs`."""

import os
import subprocess
from pathlib import Path

from footfall.config import Config


def test_the_node_client_does_what_its_documentation_shows(config: Config) -> None:
    environ = {
        "ENGINE_URL": config.url("engine"),
        "ENGINE_PASSWORD": config.store_password("footfall"),
        "ENGINE_READER_PASSWORD": config.store_password("reader"),
        "ENGINE_ANALYST_PASSWORD": config.store_password("analyst"),
    }
    ran = subprocess.run(
        ["node", "--test", str(Path(__file__).parent / "node.mjs")],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
