"""Ingest: what is acknowledged is in the tables and their rollups exactly once.

The way of an item: `api` + `access` (`keys`) + `body` → `split` → `bulk`, `validate` (`events`, `changes`,
`fields`, `enrich`, `stubs`), or `segment` for what SDKs send, or `browser` for pages → `inbox` (`ids`,
`receipts`, `chunks`) → `writer` (`orders` + `early` + `ledger`, `profiles`, `repair`, `heal`, `kept`) → the
tables of `lanes`, in ClickHouse's `native` format. What is rejected goes the same way to `dead_letters`.
"""

import gc
import sqlite3

from footfall.config import Config
from footfall.errors import UsageError


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
    # Log lines are ours, and `X-Forwarded-For` is believed as `trusted_proxies` says, not as uvicorn would.
    run_app(api.app(), config, config.ingest_port, "ingest", log_config=None, proxy_headers=False)
