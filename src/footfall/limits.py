"""What the store's users may take of it and write to it: one source for the embedded engine and for servers.

The numbers come from the configuration; a user may lower its limits for a statement and never lift them.
"""

from dataclasses import dataclass
from typing import Final, Literal

from footfall.config import Config

ReadingUser = Literal["reader", "analyst"]
READING_USERS: Final[tuple[ReadingUser, ...]] = ("reader", "analyst")

SYSTEM_TABLES: Final = frozenset(
    (
        *("tables", "columns", "databases", "parts", "parts_columns", "projections", "projection_parts"),
        *("data_skipping_indices", "functions", "settings", "one", "numbers"),
    )
)
"""Tables of the database `system` that these users may read; the first eight show their own database only."""

WRITERS_TABLES: Final = frozenset(
    (
        *(("footfall", table) for table in ("events", "orders", "users", "products", "identities")),
        *(("footfall_private", table) for table in ("contacts", "dead_letters")),
    )
)
"""Tables, by database and name, that `writer` may insert into; the rollups are fed by their views."""


READERS_JOINS: Final = {"query_plan_join_swap_table": "false"}
"""Of `reader`: named queries join with what is small on the right. By its guess of sizes the planner put the
events there, and a funnel took 2.6 times as long."""


_IN_MEMORY: Final = 1 << 30
"""Bytes of a statement's groups above which they go on in files, where half of its memory is more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one statement of one user, 0 for none; and how many statements of the user run at once."""

    time_s: int
    memory_bytes: int
    result_rows: int
    result_bytes: int
    rows_read: int
    queries: int

    @property
    def settings(self) -> dict[str, int]:
        """The limits as ClickHouse's settings, without those that there are not.

        Groups that take half of the memory, or a GiB, go on in files: a count of all of a large shop's users
        takes longer then, and does not fail, and the engine stays within 2 GiB.
        """
        named = {
            "max_execution_time": self.time_s,
            "max_memory_usage": self.memory_bytes,
            "max_bytes_before_external_group_by": min(self.memory_bytes // 2, _IN_MEMORY),
            "max_result_rows": self.result_rows,
            "max_result_bytes": self.result_bytes,
            "max_rows_to_read": self.rows_read,
        }
        return {name: most for name, most in named.items() if most}


def limits(config: Config, user: ReadingUser) -> Limits:
    """The limits that the configuration gives to a user."""
    return Limits(**{name: getattr(config, f"{user}_{name}") for name in Limits.__slots__})
