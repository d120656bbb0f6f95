"""What statements ask about statements, users and settings, answered in the client's terms.

chDB has one user, `default`, and gives queries ids of its own; the client's are in the mark behind each
statement (`running`). A statement that reads `system.processes` or `system.query_log` therefore reads a
subquery instead, in which the mark's values stand in the columns they belong to and `query` is the client's
text; `queryID()` and `currentUser()` become values; `KILL QUERY` looks into the mark, and its answer is told
from it (`KILLED`). An error that quotes such a subquery names the table (`in_clients_words`). To a guarded
user `system.settings` tells which settings it may change. A statement that names none of these is left as it
is, for the price of one search. This is no guard: it runs on what the guard has let pass.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from footfall.engine.exceptions import EngineError
from footfall.engine.handle import quote
from footfall.engine.rights import changeable
from footfall.engine.running import ABOUT, MARK, NAMED_MARK, Running
from footfall.engine.statement import Statement, Token, tokens
from footfall.engine.users import User

_WORDS = (b"processes", b"processlist", b"query_log", b"kill", b"user(", b"user (", b"query_id", b"queryid")
_USER_FUNCTIONS = (b"currentUser", b"authenticatedUser", b"authUser")
_USER_FUNCTIONS_IN_ANY_CASE = (b"USER", b"CURRENT_USER", b"SESSION_USER")
_ID_FUNCTIONS = (b"queryID", b"initialQueryID", b"currentQueryID")
_ID_FUNCTIONS_IN_ANY_CASE = (b"QUERY_ID", b"INITIAL_QUERY_ID", b"CURRENT_QUERY_ID")
_READS = (b"SELECT", b"WITH", b"FROM", b"EXPLAIN", b"INSERT", b"(")
# Words that may follow a table where an alias could stand.
_AFTER_A_TABLE = frozenset(
    b"ALL ANTI ANY ARRAY ASOF CROSS EXCEPT FETCH FINAL FORMAT FULL GLOBAL GROUP HAVING INNER INTERSECT INTO "
    b"JOIN LEFT LIMIT LOCAL NATURAL OFFSET ON ORDER PASTE PREWHERE QUALIFY RIGHT SAMPLE SELECT SEMI SETTINGS "
    b"UNION USING WHERE WINDOW".split()
)
# Words that begin a clause; a comma after the last of them separates tables where that was FROM or JOIN.
_CLAUSES = frozenset(
    b"SELECT FROM JOIN WHERE PREWHERE GROUP HAVING WINDOW QUALIFY ORDER LIMIT SETTINGS FORMAT ON USING "
    b"UNION EXCEPT INTERSECT WITH".split()
)
# A subquery that stands for a table, as the engine quotes it in an error; its alias, where we gave it one.
_QUOTED = re.compile(
    r"\(SELECT \* REPLACE \((?:if\(match\(query, '\(\?:\\\\n|toUInt8\(name NOT IN \()"
    r".*? FROM (system\.(\w+))\)"
    r"(?: AS (?:processes|query_log|user_query_log|settings)\b)?",
    re.DOTALL,
)
_TABLE = r"\1"
_KILL_QUERY = re.compile(
    rb"(?:\s|--[^\n]*\n|/\*.*?\*/)*KILL(?:\s|--[^\n]*\n|/\*.*?\*/)+QUERY\b", re.DOTALL | re.I
)
# What `run` and chDB add to a client's text: where rows go, the mark, and the format of data behind it.
_ADDED = (
    (r"\nSETTINGS readonly = 2 ", ""),
    (r"\nINTO OUTFILE '/dev/fd/[0-9]+' APPEND [^\n]*\n", ""),
    (rf"WITH {NAMED_MARK} SELECT", "SELECT"),
    (rf" {NAMED_MARK},", ""),
    (r" INTO OUTFILE '/dev/fd/[0-9]+' APPEND FORMAT \w+\z", ""),
    (rf"\s*{MARK} FORMAT Values\z", " VALUES "),
    (rf"\s*{MARK} FORMAT (\w+)\z", " FORMAT \\2\n"),
    (rf"\s*{MARK}", ""),
)


def concerns(text: bytes, user: User) -> bool:
    """Whether a statement may name something that is answered in the client's terms."""
    small = text.lower()
    return any(word in small for word in _WORDS) or (user.guarded and b"system.settings" in small)


def in_clients_terms(
    given: Statement, user: User, running: Running, database: str | None
) -> tuple[Statement, Running]:
    """The statement as it runs for its client to see its own ids, texts, user and settings; and its mark."""
    if not concerns(given.text, user):
        return given, running
    text = given.text
    listed = list(tokens(text))
    words = [token.text.upper() for token in listed[:5]]
    if words[:2] == [b"SHOW", b"PROCESSLIST"]:
        text = b"SELECT * FROM system.processes ORDER BY elapsed DESC" + text[listed[1].end :]
        listed = list(tokens(text))
    if words[:2] == [b"KILL", b"QUERY"]:
        changes = list(_kill(listed))
    elif words[:2] == [b"SHOW", b"PROCESSLIST"] or words[0] in _READS or _makes_table(words):
        changes = [*_functions(listed, user, running), *_tables(listed, user, database)]
    else:
        return given, running
    text = _applied(text, sorted(changes))
    if text == given.text:
        return given, running
    moved = replace(given, text=text, splice=given.splice + len(text) - len(given.text))
    return moved, running.telling(given.text)


def is_kill(statement: Statement) -> bool:
    """Whether this is a KILL QUERY, which answers with rows about statements."""
    return statement.first_word == b"KILL" and _KILL_QUERY.match(statement.text) is not None


def _makes_table(words: list[bytes]) -> bool:
    """Whether this is a CREATE TABLE, which may select; a view keeps its text, and is left alone."""
    return words[:1] == [b"CREATE"] and b"TABLE" in words


Change = tuple[int, int, bytes]


def _applied(text: bytes, changes: list[Change]) -> bytes:
    """The text with `(start, end, instead)` carried out, in order."""
    parts, at = [], 0
    for start, end, instead in changes:
        parts += [text[at:start], instead]
        at = end
    return b"".join((*parts, text[at:]))


def _functions(listed: list[Token], user: User, running: Running) -> Iterator[Change]:
    """Calls of functions that tell the user or the query's id, as values under the functions' names."""
    for at in range(len(listed) - 2):
        token = listed[at]
        if listed[at + 1].text != b"(" or listed[at + 2].text != b")" or token.kind != "word":
            continue
        if at and listed[at - 1].text == b".":
            continue
        if token.text in _USER_FUNCTIONS or token.is_word(*_USER_FUNCTIONS_IN_ANY_CASE):
            value = user.name
        elif token.text in _ID_FUNCTIONS or token.is_word(*_ID_FUNCTIONS_IN_ANY_CASE):
            value = running.query_id
        else:
            continue
        named = b"(" + quote(value).encode() + b" AS `" + token.text + b"()`)"
        yield token.start, listed[at + 2].end, named


def _tables(listed: list[Token], user: User, database: str | None) -> Iterator[Change]:
    """System tables as subqueries; where a column is qualified by one of them, by its name alone."""
    clauses: dict[int, bytes] = {}
    old = any(token.text in (b"Names", b"Values") for token in listed)
    at = 0
    while at < len(listed):
        token, first = listed[at], at
        if token.kind == "word" and token.text.upper() in _CLAUSES:
            clauses[token.depth] = token.text.upper()
        at += 1
        if _name(token) == b"system" and at + 1 < len(listed) and listed[at].text == b".":
            token, at = listed[at + 1], at + 2
        elif database != "system" or (first and listed[first - 1].text == b"."):
            continue
        table = _subquery(_name(token), user, old_columns=old)
        if table is None:
            continue
        after = listed[at] if at < len(listed) else None
        if after is not None and after.text == b".":
            yield listed[first].start, token.end, _name(token)
        elif _is_place_of_table(listed, first, clauses.get(listed[first].depth, b"")):
            name = b"" if _has_alias(listed, first, after) else b" AS " + _name(token)
            yield listed[first].start, token.end, table + name


def _is_place_of_table(listed: list[Token], at: int, clause: bytes) -> bool:
    before = listed[at - 1] if at else None
    if before is None or before.is_word(b"FROM", b"JOIN", b"IN"):
        return before is not None
    return before.text == b"," and clause in (b"FROM", b"JOIN")


def _has_alias(listed: list[Token], at: int, after: Token | None) -> bool:
    """Whether an alias stands there, or none may."""
    if listed[at - 1].is_word(b"IN"):
        return True
    if after is None or after.kind not in ("word", "quoted"):
        return False
    return after.kind == "quoted" or after.text.upper() not in _AFTER_A_TABLE


def _name(token: Token) -> bytes:
    if token.kind == "word":
        return token.text
    return token.text.strip(b'`"') if token.kind == "quoted" else b""


def _kill(listed: list[Token]) -> Iterator[Change]:
    """Columns of a KILL QUERY as what the mark says, which is what they mean on a server."""
    for token in listed[2:]:
        name = _name(token).decode(errors="replace").removeprefix("initial_")
        if name in ("query_id", "user"):
            yield token.start, token.end, _of_mark(name).encode()


def _of_mark(column: str) -> str:
    """The value that the mark behind `query` has for a column; empty where there is no mark."""
    return f"decodeURLComponent(extract(extract(query, {quote(MARK)}), {quote(f' {column}=([^ ]*)')}))"


def _marked(name: str, value: str) -> str:
    """A column with a value of the mark, where there is a mark."""
    return f"if({_HAS_MARK}, CAST({value}, toTypeName({name})), {name}) AS {name}"


def _clean(name: str) -> str:
    """A text without what was added to it."""
    text = name
    for pattern, instead in _ADDED:
        text = f"replaceRegexpOne({text}, {quote(pattern)}, {quote(instead)})"
    return text


_HAS_MARK = f"match(query, {quote(MARK)})"
_QUERY = f"if({_of_mark('text')} != '', {_of_mark('text')}, {_clean('query')}) AS query"


def _statements(*, in_log: bool) -> str:
    """A table of statements with the marks' values in the columns that they belong to."""
    columns = [_marked(name, _of_mark(name)) for name in ABOUT]
    columns += [_marked(f"initial_{name}", _of_mark(name)) for name in ("query_id", "user")]
    columns += [_marked("interface", "'HTTP'"), _marked("client_name", "''")]
    columns += [f"if({_HAS_MARK}, is_internal, 1) AS is_internal", _QUERY]
    if in_log:
        quoted = f"replaceRegexpAll(exception, {quote(_QUOTED.pattern)}, {quote(_TABLE)})"
        columns.append(_marked("authenticated_user", _of_mark("user")))
        columns.append(f"{_clean(quoted)} AS exception")
    return f"* REPLACE ({', '.join(columns)})"


_STATEMENTS = {
    b"processes": _statements(in_log=False),
    b"query_log": _statements(in_log=True),
    b"user_query_log": _statements(in_log=True),
}
KILLED = (
    f"SELECT * REPLACE ({_marked('query_id', _of_mark('query_id'))},"  # noqa: S608
    f" {_marked('user', _of_mark('user'))}, {_QUERY}) FROM format(TabSeparated,"
    " 'kill_status String, query_id String, user String, query String', {rows:String})"
)
"""What `KILL QUERY` answers, of the rows that chDB answers."""
_OLD_COLUMNS = ", `ProfileEvents.Names`, `ProfileEvents.Values`, `Settings.Names`, `Settings.Values`"


def in_clients_words(error: EngineError) -> EngineError:
    """An error that quotes a statement as it runs, with the tables that the client named in it."""
    message, found = _QUOTED.subn(_TABLE, error.message)
    if not found:
        return error
    return EngineError(
        error.code, message.replace("from subquery with name", "from table with name"), error.name
    )


def _subquery(table: bytes, user: User, *, old_columns: bool) -> bytes | None:
    """What is read instead of a system table, if anything; `old_columns` are aliases that `*` leaves out."""
    if table == b"settings" and user.guarded:
        names = ", ".join(quote(name) for name in sorted(changeable(user)))
        columns = f"* REPLACE (toUInt8(name NOT IN ({names})) AS readonly)"
    elif table in _STATEMENTS:
        columns = _STATEMENTS[table] + (_OLD_COLUMNS if old_columns else "")
    else:
        return None
    return f"(SELECT {columns} FROM system.{table.decode()})".encode()  # noqa: S608
