"""Ingest: what is acknowledged is in the tables and their rollups exactly once.

The way of an item: `api` + `access` (`keys`) + `body` → `split` → `bulk`, `validate` (`events`, `changes`,
`fields`, `enrich`, `stubs`), or `segment` for what SDKs send, or `browser` for pages → `inbox` + `admission`
(`ids`, `receipts`, `chunks`) → `writer` (`orders` + `early` + `ledger`, `profiles`, `repair`, `heal`, `kept`)
→ the tables of `lanes`, in ClickHouse's `native` format. What is rejected goes the same way to
`dead_letters`.
"""

import gc
import sqlite3
import sys
from typing import Final

from footfall.config import Config
from footfall.errors import UsageError

SWITCH_S: Final = 0.001


def serve(config: Config) -> None:
    """Serves ingest on `ingest_port` until SIGINT or SIGTERM."""
    from footfall.ingest.api import Api
    from footfall.ingest.logs import set_up
    from footfall.serve import listen, run_app

    set_up(config.log_level)
    listen(config.host, config.ingest_port).close()  # a port in use is told before the inbox is opened
    try:
        api = Api(config)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"cannot open the inbox in {config.data_dir / 'inbox'}: {error}") from None
    # A batch is thousands of objects and leaves no cycles: to look for them rarely saves a fifth of its CPU.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    # The thread that commits gives way to the event loop at each statement, and waits no longer than this for
    # its next turn: or a commit of a dozen statements takes as many times 5 ms while requests keep coming.
    sys.setswitchinterval(SWITCH_S)
    # Log lines are ours, and `X-Forwarded-For` is believed as `trusted_proxies` says, not as uvicorn would.
    run_app(api.app(), config, config.ingest_port, "ingest", log_config=None, proxy_headers=False)
