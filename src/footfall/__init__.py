"""Footfall: real-time analytics for online shops, on ClickHouse.

The flow: a shop's events and orders arrive over HTTP at `ingest`, which validates them, commits them
to a durable inbox and writes them block by block to the `engine` (an embedded ClickHouse, or a server).
There the base tables of `schema` feed rollups through materialized views. `query` holds every figure as
one named SQL file with its proof on the raw rows; `dashboard` and `live` draw them from `web`'s pages.
`generate` simulates a whole shop; `upkeep` changes stored rows beside a running ingest. docs/architecture.md
lists the packages: imports go down that list, never up it.
"""

__version__ = "0.1.0"
