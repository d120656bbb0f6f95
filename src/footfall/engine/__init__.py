"""The embedded engine: chDB behind ClickHouse's HTTP interface, in a process of its own.

`origin` → `users` → `protocol` + `forms` + `decoders` + `blocks` → `statement` → `guard` → `running` +
`sessions` → `run` on `handles` → `rows` → `result` → `answer`: the way of a request, one module a step;
`exchange` walks it, on the `database` that `app` has opened.
"""

from footfall.engine.app import serve

__all__ = ["serve"]
