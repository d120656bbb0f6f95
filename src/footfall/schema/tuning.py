"""Settings of tables that are newer than the oldest server: applied where the store's version has them.

Projections are left to merges. A part fresh from an insert then has a dozen files instead of a hundred, and
a small insert takes a third of the time; merged parts have every projection, and the planner copes with
both. docs/schema.md has the figures.
"""

import re
from collections.abc import Iterator
from typing import Final

from footfall.schema.retention import Store

_WANTED: Final = {"materialize_projections_on_insert": "0", "materialize_projections_on_merge": "1"}
_KNOWN: Final = "SELECT name, value FROM system.merge_tree_settings WHERE name IN {names:Array(String)}"
_TABLES: Final = """
SELECT name, engine_full FROM system.tables
WHERE database = 'footfall' AND name IN
    (SELECT DISTINCT table FROM system.projections WHERE database = 'footfall')
ORDER BY name
"""
_CHANGE: Final = {
    "materialize_projections_on_insert": "ALTER TABLE footfall.{table:Identifier} "
    "MODIFY SETTING materialize_projections_on_insert = 0",
    "materialize_projections_on_merge": "ALTER TABLE footfall.{table:Identifier} "
    "MODIFY SETTING materialize_projections_on_merge = 1",
}


def apply(store: Store) -> Iterator[str]:
    """Changes the settings of tables with projections that differ; yields one line where any did."""
    defaults = dict(store.query(_KNOWN, parameters={"names": list(_WANTED)}).result_rows)
    changed = []
    for table, engine in store.query(_TABLES).result_rows:
        for name, value in _WANTED.items():
            if name in defaults and _value(engine, name, defaults[name]) != value:
                store.command(_CHANGE[name], parameters={"table": table})
                changed.append(table)
    if changed:
        yield f"projections are left to merges: {', '.join(dict.fromkeys(changed))}"


def _value(engine: str, name: str, default: str) -> str:
    """A setting of a table, by the text of its engine clause."""
    match = re.search(rf"\b{name} = (\w+)", engine)
    return match[1] if match else default
