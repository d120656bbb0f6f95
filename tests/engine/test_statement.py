"""The outer shape of statements: kind, format, data, and tokens that do not fool it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.engine.exceptions import EngineError, from_engine
from footfall.engine.statement import Kind, infile_or_outfile, parse, time_zone, tokens
from footfall.engine.types import check_structure, check_type


def test_the_time_zone_of_a_long_statement_is_found_in_one_go() -> None:
    """Read again for each of its words, a reader's longest would keep everybody waiting for minutes."""
    words = b"1," * 49_000
    assert time_zone(parse(b"SELECT %b'' SETTINGS session_timezone = 'Asia/Tokyo'" % words)) == "Asia/Tokyo"
    assert time_zone(parse(b"SELECT %b'session_timezone'" % words)) is None
    assert time_zone(parse(b"SELECT %b session_timezone = 'UTC'" % words)) is None


@pytest.mark.parametrize(
    ("text", "kind", "format"),
    [
        ("SELECT 1", Kind.SELECT, None),
        ("  -- x\n (SELECT 1) UNION ALL (SELECT 2) format Native ;", Kind.SELECT, "Native"),
        ("SELECT 1 FORMAT JSON SETTINGS max_threads = 1", Kind.SELECT, "JSON"),
        ("SELECT 1 AS format", Kind.SELECT, None),
        ("SELECT format FROM t", Kind.SELECT, None),
        ("SELECT format('{}', 1)", Kind.SELECT, None),
        ("SELECT 'FORMAT JSON'", Kind.SELECT, None),
        ("SELECT 1 /* FORMAT JSON */", Kind.SELECT, None),
        ("SELECT (SELECT 1 FORMAT JSON)", Kind.SELECT, None),
        ("FROM t SELECT 1 FORMAT CSV", Kind.SELECT, "CSV"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Kind.SELECT, None),
        ("WITH 1 AS a INSERT INTO t SELECT a", Kind.OTHER, None),
        ("WITH insert AS (SELECT 1) SELECT * FROM insert FORMAT TSV", Kind.SELECT, "TSV"),
        ("WITH 1 AS insert SELECT insert", Kind.SELECT, None),
        ("\u00a0SELECT\u20031;\u00a0", Kind.SELECT, None),
        ("SHOW TABLES FORMAT JSON", Kind.READ, "JSON"),
        ("EXPLAIN SELECT 1", Kind.READ, None),
        ("desc t", Kind.READ, None),
        ("CREATE TABLE t (a UInt8) ENGINE = Memory", Kind.OTHER, None),
        ("INSERT INTO t SELECT 1", Kind.OTHER, None),
        ("INSERT INTO t (SELECT 1)", Kind.OTHER, None),
        ("INSERT INTO t", Kind.OTHER, None),
        ("", Kind.OTHER, None),
    ],
)
def test_kind_and_format(text: str, kind: Kind, format: str | None) -> None:
    found = parse(text.encode())
    assert (found.kind, found.format) == (kind, format)


@pytest.mark.parametrize(
    ("text", "head", "format", "data"),
    [
        ("INSERT INTO t VALUES (1)", "INSERT INTO t ", "Values", " (1)"),
        ("INSERT INTO t (a, `format`) FORMAT CSV\n1,2", "INSERT INTO t (a, `format`) ", "CSV", "1,2"),
        ("INSERT INTO t FORMAT CSV\r\n\n1", "INSERT INTO t ", "CSV", "\n1"),
        ("INSERT INTO `values` FORMAT CSV 1", "INSERT INTO `values` ", "CSV", "1"),
        ("INSERT INTO format.values FORMAT CSV\n;", "INSERT INTO format.values ", "CSV", ";"),
        ("INSERT INTO TABLE FUNCTION null('a UInt8') VALUES (1)",) * 1
        + ("INSERT INTO TABLE FUNCTION null('a UInt8') ", "Values", " (1)"),
        (
            "INSERT INTO t SETTINGS a = 1 FORMAT TSV\nSELECT;",
            "INSERT INTO t SETTINGS a = 1 ",
            "TSV",
            "SELECT;",
        ),
        ("insert t values(1)", "insert t ", "Values", "(1)"),
        ("WITH 1 AS x INSERT INTO t (a) VALUES (1)", "INSERT INTO t (a) ", "Values", " (1)"),
        ("WITH 1 AS x INSERT INTO t FORMAT TSV\nSELECT;\n", "INSERT INTO t ", "TSV", "SELECT;\n"),
    ],
)
def test_an_insert_is_cut_before_its_data(text: str, head: str, format: str, data: str) -> None:
    found = parse(text.encode())
    assert found.kind is Kind.INSERT
    assert (found.text, found.format, found.data) == (head.encode(), format, data.encode())


def test_rows_go_into_a_file_before_the_format() -> None:
    assert parse(b"SELECT 1 FORMAT CSV -- x").into("/p", "TSV") == (
        b"SELECT 1 \nINTO OUTFILE '/p' APPEND \nFORMAT CSV -- x"
    )
    assert parse(b"SELECT 1 ; -- x").into("/p", "TSV") == (
        b"SELECT 1\nINTO OUTFILE '/p' APPEND FORMAT TSV\n ; -- x"
    )


@pytest.mark.parametrize("text", ["SELECT 1; SELECT 2", "SELECT 1;;x", "DROP TABLE a; DROP TABLE b"])
def test_several_statements_are_refused(text: str) -> None:
    with pytest.raises(EngineError, match="Multi-statements"):
        parse(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ';'",
        'SELECT ";"',
        "SELECT `;`",
        "SELECT 1 -- ;\n",
        "SELECT $x$;$x$",
        "SELECT 'a\\';b'",
        "SELECT '';",
        "SELECT ‘;’",
        "SELECT “;”",
        "SELECT 1 # ;",
        "SELECT 1 /* ; */ + 1;",
    ],
)
def test_a_semicolon_in_a_text_ends_nothing(text: str) -> None:
    assert parse(text.encode()).kind is Kind.SELECT


def test_clauses_of_clients_are_found() -> None:
    assert infile_or_outfile(parse(b"SELECT 1 into /* */ outfile 'x'")) == "INTO OUTFILE"
    assert infile_or_outfile(parse(b"INSERT INTO t FROM INFILE 'x'")) == "FROM INFILE"
    assert infile_or_outfile(parse(b"SELECT 'INTO OUTFILE', outfile FROM into")) is None


@given(st.binary(max_size=300))
def test_tokens_cover_any_bytes(text: bytes) -> None:
    end = 0
    for token in tokens(text):
        assert end <= token.start < token.end <= len(text)
        assert text[token.start : token.end] == token.text
        end = token.end


@pytest.mark.parametrize(
    "text",
    [
        "UInt8",
        "Array(Nullable(String))",
        "DateTime64(3, 'UTC')",
        "Decimal(18, 4)",
        "Map(String, Array(UInt64))",
        "Tuple(UInt8, String)",
        "Tuple(a UInt8, `b c` Array(String))",
        "LowCardinality(Nullable(String))",
        "Enum8('a' = 1, 'b' = -2)",
        "FixedString(16)",
        "UUID",
        "Bool",
        "JSON",
        "varchar(10)",
    ],
)
def test_harmless_types_pass(text: str) -> None:
    check_type(text)
    check_structure(f"a {text}, `b` {text}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AggregateFunction(uniq, UInt8)",
        "SimpleAggregateFunction(sum, UInt8)",
        "Array(AggregateFunction(a, b))",
        "Tuple(a AggregateFunction(uniq, UInt8))",
        "UInt8 DEFAULT 1",
        "UInt8)",
        "Array(",
        "UInt8; DROP",
        "Identifier",
        "Array()",
        "Nullable(sleep(1))",
        "DateTime64(file('x'))",
        "Object('json')",
        "String CODEC(NONE)",
        "Point",
    ],
)
def test_other_types_do_not(text: str) -> None:
    with pytest.raises(EngineError):
        check_type(text)
    with pytest.raises(EngineError):
        check_structure(f"a {text}")


def test_errors_of_the_engine_are_taken_apart() -> None:
    error = from_engine(RuntimeError("Code: 60. DB::Exception: No (really) t. (UNKNOWN_TABLE)"))
    assert (error.code, error.name, error.message) == (60, "UNKNOWN_TABLE", "No (really) t.")
    assert error.status == 404
    streamed = from_engine(
        RuntimeError(
            "Streaming insert finish failed: Code: 27. DB::Exception: a\nb (CANNOT_PARSE) (version 1.2)"
        )
    )
    assert (streamed.code, streamed.name, streamed.message) == (27, "CANNOT_PARSE", "a\nb")
    twice = "Code: 36. DB::Exception: Code: 36. DB::Exception: x. (BAD) (version 1). (BAD) (version 1)"
    assert from_engine(RuntimeError(twice)).message == "x."
    assert from_engine(RuntimeError("odd")).code == 1002
