"""What reader and analyst may run, and that nothing else passes.

The corpora are files: `hostile.sql` holds what must be refused, `harmless.sql` what must run.
"""

import httpx
import pytest

from tests.engine.speak import code, statements

REFUSALS = {62, 164, 452, 497}

# One thing that must not be reached by each way in …
ATOMS = (
    "file('/etc/passwd')",
    "sleep(1)",
    "showCertificate()",
    "getMacro('x')",
    "aiGenerate('x')",
    "dictGet('d', 'a', 1)",
    "chdb('SELECT 1')",
    "(SELECT count() FROM system.users)",
    "(SELECT count() FROM footfall_private.contacts)",
    "(SELECT count() FROM url('http://127.0.0.1:1/', 'CSV', 'a String'))",
    "('x' IN system.users)",
    "CAST('x', 'AggregateFunction(uniq, UInt8)')",
)
# … at each place where an expression may stand.
PLACES = (
    "SELECT {}",
    "SELECT 1 + toUInt64(toString({}))",
    "SELECT * FROM (SELECT {} AS x) AS q",
    "WITH {} AS x SELECT x",
    "WITH q AS (SELECT {} AS x) SELECT * FROM q",
    "SELECT arrayMap(n -> {}, [1])",
    "SELECT [({}, 1)]",
    "SELECT map('a', {})",
    "SELECT if(1, {}, 2)",
    "SELECT CASE 1 WHEN 1 THEN {} ELSE 2 END",
    "SELECT 1 FROM footfall.events WHERE {} = 1",
    "SELECT 1 FROM footfall.events PREWHERE {} = 1",
    "SELECT count() FROM footfall.events GROUP BY {}",
    "SELECT count() FROM footfall.events HAVING {} = 1",
    "SELECT 1 FROM footfall.events ORDER BY {}",
    "SELECT 1 FROM footfall.events LIMIT 1 BY {}",
    "SELECT 1 FROM footfall.events ARRAY JOIN [{}] AS x",
    "SELECT 1 FROM footfall.events AS a JOIN footfall.events AS b ON a.user_id = b.user_id AND {} = 1",
    "SELECT sum(1) OVER (ORDER BY {}) FROM footfall.events",
    "SELECT sumIf(1, {} = 1) FROM footfall.events",
    "SELECT 1 UNION ALL SELECT {}",
    "EXPLAIN SELECT {}",
    "EXPLAIN indexes = 1 SELECT 1 FROM footfall.events WHERE {} = 1",
    "SELECT 1 IN (1, {})",
    "SELECT 1 WHERE EXISTS (SELECT {})",
    "SELECT * REPLACE ({} AS x) FROM (SELECT 1 AS x)",
    "SELECT number FROM numbers({})",
)


def refused(client: httpx.Client, sql: str) -> bool:
    """Whether the guard refuses; any other error means that the statement got past it."""
    answer = client.post("/", content=sql.encode())
    return answer.status_code != 200 and code(answer) in REFUSALS


@pytest.mark.parametrize("user", ["reader", "analyst"])
def test_no_hostile_statement_passes(user: str, request: pytest.FixtureRequest) -> None:
    client: httpx.Client = request.getfixturevalue(f"{user}_http")
    corpus = statements("hostile.sql")
    assert len(corpus) > 300
    assert [sql for sql in corpus if not refused(client, sql)] == []


@pytest.mark.parametrize("user", ["reader", "analyst"])
def test_every_harmless_statement_passes(user: str, request: pytest.FixtureRequest) -> None:
    client: httpx.Client = request.getfixturevalue(f"{user}_http")
    answers = {sql: client.post("/", content=sql.encode()) for sql in statements("harmless.sql")}
    assert {sql: answer.text for sql, answer in answers.items() if answer.status_code != 200} == {}


def test_nothing_hostile_passes_at_any_place_of_a_statement(analyst_http: httpx.Client) -> None:
    passed = [
        place.format(atom)
        for atom in ATOMS
        for place in PLACES
        if not refused(analyst_http, place.format(atom))
    ]
    assert passed == []
