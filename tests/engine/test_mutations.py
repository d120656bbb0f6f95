"""Hostile statements in other writing: the guard decides on what the engine reads, not on how it is written.

Hypothesis puts what must not be reached into places within places, and blanks, comments, brackets, aliases
and clauses around it.
"""

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from footfall.engine.statement import tokens
from tests.engine.speak import statements
from tests.engine.test_guard import ATOMS, PLACES, refused

BLANKS = (" ", "\n", "\t", "  ", "/**/", " /* x */ ", "\n-- x\n", "\n# x\n", "\f", "\v", "\u00a0", "\u3000")
WRAPS = (
    *("({})", "(({}))", "if(1, {}, NULL)", "[{}][1]", "({}, 1).1", "({} AS q0)", "CAST({} AS String)"),
    *("({})::String", "toString({})", "arrayMap(q1 -> {}, [1])", "arrayMap(q2 -> q2, [{}])", "(SELECT {})"),
    *("coalesce(NULL, {})", "identity({})", "any({})", "max({}) OVER ()", "tuple({})", "map('k', {})"),
    *("(SELECT x FROM (SELECT {} AS x))", "CASE WHEN {} = '' THEN 1 END", "NOT ({})", "({}) IN (1, 2)"),
    *("(WITH {} AS q3 SELECT q3)", "`q4` = {}", "'a' || toString({})", "x'00' = {}", "$$x$$ = {}"),
)
STATEMENTS = (
    *("{}", "({})", "(({}))", "{};", "{} ;\n", "EXPLAIN {}", "EXPLAIN AST {}", "EXPLAIN PIPELINE {}"),
    *("EXPLAIN indexes = 1 {}", "SELECT * FROM ({})", "SELECT * FROM ({}) AS t", "WITH t AS ({}) SELECT 1"),
    *(
        "WITH t AS ({}) SELECT * FROM t",
        "SELECT 1 WHERE 1 IN ({})",
        "SELECT 1 WHERE EXISTS ({})",
        "DESC ({})",
    ),
    *("SELECT 1 UNION ALL {}", "{} UNION DISTINCT SELECT 1", "{} INTERSECT SELECT 1", "SELECT ({})"),
    *("{} LIMIT 1", "{} FORMAT TSV", "{} FORMAT JSONEachRow", "{} SETTINGS max_threads = 1", "{} -- x"),
    *("/* x */ {}", "SELECT count() FROM ({}) GROUP BY ALL", "SELECT 1 AS a JOIN ({}) AS b ON 1"),
)
HOSTILE = [sql for sql in statements("hostile.sql") if "\0" not in sql]
GIVEN = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def spaced(sql: str, blanks: list[str]) -> str:
    """The statement with blanks between its tokens, where its own were, and where any may stand."""
    listed = list(tokens(sql.encode()))
    parts, at = [], 0
    for number, token in enumerate(listed):
        text = token.text.decode(errors="surrogateescape")
        between = sql.encode()[at : token.start] != b""
        glued = number and {listed[number - 1].kind, token.kind} & {"mark"}
        if number and (between or glued):
            blank = blanks[number % len(blanks)]
            parts.append(blank if between or blank.strip() or token.text in (b"(", b")") else "")
        parts.append(text)
        at = token.end
    return "".join(parts)


blank_lists = st.lists(st.sampled_from(BLANKS), min_size=1, max_size=5)


@GIVEN
@given(
    atom=st.sampled_from(ATOMS),
    wraps=st.lists(st.sampled_from(WRAPS), max_size=4),
    place=st.sampled_from(PLACES),
    around=st.lists(st.sampled_from(STATEMENTS), max_size=3),
    blanks=blank_lists,
)
def test_nothing_hostile_passes_within_whatever_stands_around_it(
    analyst_http: httpx.Client, atom: str, wraps: list[str], place: str, around: list[str], blanks: list[str]
) -> None:
    for wrap in wraps:
        atom = wrap.format(atom)
    sql = place.format(atom)
    for statement in around:
        sql = statement.format(sql)
    assert refused(analyst_http, sql), sql
    assert refused(analyst_http, spaced(sql, blanks)), spaced(sql, blanks)


@GIVEN
@given(sql=st.sampled_from(HOSTILE), around=st.lists(st.sampled_from(STATEMENTS), max_size=2))
def test_no_hostile_statement_passes_within_another(
    reader_http: httpx.Client, sql: str, around: list[str]
) -> None:
    for statement in around:
        sql = statement.format(sql)
    assert refused(reader_http, sql), sql


@GIVEN
@given(sql=st.sampled_from(HOSTILE), data=st.data())
def test_no_hostile_statement_passes_with_its_letters_changed(
    analyst_http: httpx.Client, sql: str, data: st.DataObject
) -> None:
    """Case, escapes and look-alikes; and another byte somewhere."""
    at = data.draw(st.integers(0, len(sql) - 1))
    change = data.draw(
        st.sampled_from(
            (
                *(sql.upper(), sql.lower(), sql.swapcase()),
                *(
                    f"{sql[:at]}{mark}{sql[at:]}"
                    for mark in ("\\", "`", "'", '"', "\u200b", "$$", "/*", "*/")
                ),
                *(f"{sql[:at]}{mark}{sql[at + 1 :]}" for mark in ("\ufeff", "\u0430", ";", "\n", "{", "}")),
            )
        )
    )
    answer = analyst_http.post("/", content=change.encode())
    leaked = [word for word in ("root:", "FOOTFALL_", "$2", "sha256_") if word in answer.text]
    assert not (answer.status_code == 200 and leaked), change
    assert answer.status_code < 500 or "X-ClickHouse-Exception-Code" in answer.headers, change
