"""The embedded engine: chDB behind ClickHouse's HTTP interface, in a process of its own.

`origin` → `users` → `protocol` + `forms` + `codecs` → `statement` → `guard` → `running` + `sessions` →
`run` on `handles` → `answer`: the way of a request, one module a step; `exchange` walks it.
"""

from footfall.engine.app import serve

__all__ = ["serve"]
