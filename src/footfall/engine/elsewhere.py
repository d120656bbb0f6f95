"""What a statement names that would fetch from another machine, of which some cannot be left to the engine.

The kernel lets the engine reach nobody, and most of what would is told so at once. But tables that fetch by
themselves go on trying in the background (one of Kafka's stays and keeps the database from opening again),
and some drivers try for half a minute before they give up. Those are refused where they are named.
This is no guard: it spares the owner a wait.
"""

import re

from footfall.engine.exceptions import SUPPORT_IS_DISABLED, EngineError
from footfall.engine.statement import Kind, Statement, Token, tokens

FETCHING_ENGINES = frozenset(("Kafka", "RabbitMQ", "NATS", "FileLog", "S3Queue", "AzureQueue"))
_PATIENT = re.compile(rb"(?:iceberg|paimon)?hdfs|deltalake(?:s3|azure)?|mysql|odbc|jdbc", re.IGNORECASE)
"""Table functions and engines, whose drivers try again and again."""
_PATIENT_SOURCE = re.compile(rb"http|mysql|odbc", re.IGNORECASE)
"""Sources of dictionaries likewise."""
_HINTS = (b"hdfs", b"deltalake", b"mysql", b"dbc", b"source")
_BEFORE_A_TABLE = (b"FROM", b"JOIN", b"FUNCTION", b"AS", b"DESCRIBE", b"DESC", b"IN")


def refuse_what_waits(statement: Statement) -> None:
    """Raises `EngineError` 344 where a statement names what would fetch by itself, or try for long."""
    if (name := fetching_engine(statement)) is not None:
        raise EngineError(SUPPORT_IS_DISABLED, f"{name} fetches by itself, which this engine cannot")
    if (name := _patient(statement)) is not None:
        raise EngineError(
            SUPPORT_IS_DISABLED, f"{name} reaches for another machine, which this engine cannot"
        )


def fetching_engine(statement: Statement) -> str | None:
    """The table engine that a statement names, where a table of it would fetch by itself from elsewhere.

    Not only a CREATE may name one: `DROP … PARALLEL WITH CREATE …`. A name with an escape in it may be any.
    """
    if statement.kind is not Kind.OTHER or b"ENGINE" not in statement.text.upper():
        return None
    before: tuple[bytes, bytes] = (b"", b"")
    for token in tokens(statement.text):
        if _names_engine(before):
            name = _name(token).decode(errors="replace")
            if name in FETCHING_ENGINES or (token.kind == "quoted" and "\\" in name):
                return name
        before = (before[1], token.text.upper())
    return None


def _patient(statement: Statement) -> str | None:
    """The table function, engine or source that would take long to fail."""
    small = statement.text.lower()
    if not any(hint in small for hint in _HINTS):
        return None
    before: tuple[bytes, bytes] = (b"", b"")
    listed = list(tokens(statement.text))
    for at, token in enumerate(listed[:-1]):
        name, is_call = _name(token), listed[at + 1].text == b"("
        is_table = is_call and _is_place_of_table(before, statement.first_word)
        if (is_table or _names_engine(before)) and _PATIENT.fullmatch(name):
            return name.decode()
        if before == (b"SOURCE", b"(") and _PATIENT_SOURCE.fullmatch(name):
            return f"{name.decode()} as a source"
        before = (before[1], token.text.upper())
    return None


def _is_place_of_table(before: tuple[bytes, bytes], first_word: bytes) -> bool:
    if before[1] in _BEFORE_A_TABLE or before[1] == b",":
        return True
    return before[1] == b"TABLE" and first_word in (b"DESCRIBE", b"DESC")


def _names_engine(before: tuple[bytes, bytes]) -> bool:
    return before[1] == b"ENGINE" or before == (b"ENGINE", b"=")


def _name(token: Token) -> bytes:
    return token.text.strip(b'`"')
