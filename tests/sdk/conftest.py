"""What the tests of SDKs share: named queries, and a shop whose store is empty."""

from tests.ingest.conftest import shop
from tests.query.conftest import ask, client, queries

__all__ = ["ask", "client", "queries", "shop"]
