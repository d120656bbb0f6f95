"""The store's users on a ClickHouse server: what is sent is what the server's own parser reads.

The embedded engine keeps its users itself and refuses these statements, so they are not run here.
"""

import dataclasses
import hashlib
import re

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from footfall.config import Config, StoreUser
from footfall.errors import UsageError
from footfall.limits import READING_USERS, limits
from footfall.schema import users
from footfall.schema.migrate import migrate
from tests.schema.support import rows

FORMATTED = "SELECT formatQuerySingleLine({statement:String})"
CLAUSE = re.compile(r"IDENTIFIED WITH sha256_hash BY '([0-9a-f]{64})' SALT '([0-9a-f]{32})'")


@pytest.mark.parametrize("user", list(users.GRANTS))
def test_every_statement_is_one_that_the_server_parses(
    store_client: Client, config: Config, user: StoreUser
) -> None:
    for statement in users.statements(user, config):
        ((formatted,),) = rows(store_client, FORMATTED, statement=statement)
        assert formatted.startswith((f"ALTER USER {user}", "GRANT "))
        assert user in formatted


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(password=st.text(min_size=1, max_size=60))
def test_no_password_breaks_out_of_its_statement(store_client: Client, password: str) -> None:
    clause = users.identified(password)
    match = CLAUSE.fullmatch(clause)
    assert match is not None
    assert hashlib.sha256(f"{password}{match[2]}".encode()).hexdigest() == match[1]
    statement = f"CREATE USER IF NOT EXISTS reader {clause}"
    assert rows(store_client, FORMATTED, statement=statement) == [(statement,)]


def test_readers_may_lower_their_limits_and_never_lift_them(config: Config) -> None:
    for user in READING_USERS:
        settings_of, *grants = users.statements(user, config)
        assert "readonly = 1 CONST" in settings_of
        assert f"max_concurrent_queries_for_user = {limits(config, user).queries} CONST" in settings_of
        for name, most in limits(config, user).settings.items():
            assert f"{name} = {most} MIN 1 MAX {most}" in settings_of
        assert not [
            grant for grant in grants if re.search(r"INSERT|ALTER|CREATE|DROP|footfall_private", grant)
        ]


def test_nobody_but_the_owner_may_define_anything() -> None:
    for rights in users.GRANTS.values():
        assert not [right for right in rights if re.search(r"CREATE|DROP|ALL |GRANT OPTION|\*\.\*", right)]


def test_a_store_that_keeps_its_users_elsewhere_is_well_where_they_log_in(config: Config) -> None:
    server = dataclasses.replace(config, clickhouse_url=config.store_url)
    assert migrate(server).changed == []


def test_a_user_that_cannot_be_made_is_one_clear_line(config: Config) -> None:
    server = dataclasses.replace(config, clickhouse_url=config.store_url, reader_password="another")
    with pytest.raises(UsageError, match="may not make the user reader"):
        migrate(server)
