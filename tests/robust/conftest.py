"""The plain HTTP clients of tests/engine, here too."""

from tests.engine.conftest import analyst_http, owner_http, reader_http, writer_http

__all__ = ["analyst_http", "owner_http", "reader_http", "writer_http"]
