"""Numbers of blocks, and the settings that make an INSERT of ours count once."""

import secrets
import time
from typing import Any


def new_block_id() -> int:
    """A number for an INSERT: unique, and in the order of time but for the same millisecond."""
    return (time.time_ns() // 1_000_000) << 20 | secrets.randbits(20)


def insert_settings(block_id: int) -> dict[str, Any]:
    """Settings of the INSERT of a block, the same for every try: its number is its token.

    Their defaults differ from version to version of ClickHouse, so all are written out.
    """
    return {
        "insert_deduplicate": 1,
        "deduplicate_blocks_in_dependent_materialized_views": 1,
        "insert_deduplication_token": str(block_id),
        "async_insert": 0,
    }
