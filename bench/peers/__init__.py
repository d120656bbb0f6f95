"""Footfall beside its peers: the same generated rows and the same questions, in turn, on the same two cores.

DuckDB with the best SQL that we can write; plain ClickHouse tables without rollups, projections or indices;
and the brief's design taken literally (`brief/*.sql`). DuckDB counts exactly: it is the reference.
"""

from bench.peers.measure import measure

__all__ = ["measure"]
