"""Decides what reader, analyst and writer may run, on the engine's own parse.

(1) The text is bounded, UTF-8 and of balanced brackets. (2) The engine formats it, which drops comments and
refuses several statements. (3) The engine parses the formatted text into a tree, and `tree` walks it by
allow-lists. (4) The formatted text is what runs, never the user's. DESCRIBE and SHOW, which the engine does
not give as trees, must match a whole pattern. Decisions are kept by text; bound values play no part in them.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from footfall.engine import rights, statement
from footfall.engine.exceptions import ACCESS_DENIED, SYNTAX_ERROR, EngineError
from footfall.engine.handle import Handle, escape
from footfall.engine.rights import RIGHTS, Rights, check_settings
from footfall.engine.statement import Kind, Statement
from footfall.engine.tree import Walk
from footfall.engine.users import User

TEXT_LIMIT = 100_000
DEPTH_LIMIT = 100
KEPT = 1000
KEPT_LENGTH = 16_384
"""Decisions are kept for so many texts, none longer than this."""
_PARSER = {
    "implicit_select": "0",
    "max_parser_depth": "300",
    "max_parser_backtracks": "20000",
    "max_query_size": str(4 * TEXT_LIMIT),
    "max_execution_time": "5",
    "max_memory_usage": str(1 << 30),
}
_FORMAT = "SELECT formatQuerySingleLine({q:String})"
_PARSE = "SELECT parseQueryToJSON({q:String})"
_FROM_TREE = "SELECT formatQuerySingleLine(formatQueryFromJSON({q:String}))"
_NAME = r"(?:\w+|`[\w ]+`)"
_PATTERNS = tuple(
    re.compile(pattern + r"\Z")
    for pattern in (
        r"SHOW TABLES(?: FROM (?P<database>\w+))?(?: (?:NOT )?I?LIKE '[\w%.-]*')?(?: LIMIT \d+)?",
        r"SHOW DATABASES(?: (?:NOT )?I?LIKE '[\w%.-]*')?",
        rf"SHOW (?:FULL |EXTENDED )*(?:COLUMNS|INDEXES|INDICES|KEYS) FROM (?P<table>{_NAME})"
        r"(?: FROM (?P<database>\w+))?",
        rf"SHOW CREATE (?:TABLE |VIEW )?(?:(?P<database>\w+)\.)?(?P<table>{_NAME})",
        rf"DESCRIBE TABLE (?:(?P<database>\w+)\.)?(?P<table>{_NAME})",
        rf"EXISTS TABLE (?:(?P<database>\w+)\.)?(?P<table>{_NAME})",
    )
)
_EXPLAIN_KINDS = frozenset(("", " AST", " SYNTAX", " PIPELINE", " ESTIMATE"))
_EXPLAIN_SETTINGS = frozenset(
    (
        *("indexes", "projections", "actions", "header", "description", "json", "sorting", "compact"),
        *("pretty", "graph", "keep_logical_steps", "distributed", "column_structure", "estimates"),
    )
)


@dataclass(frozen=True, slots=True)
class Permitted:
    """What runs instead of what was sent, with the settings that its SETTINGS clause asked for."""

    statement: Statement
    settings: Mapping[str, str] = field(default_factory=dict)


class Guard:
    """One user's parser and the decisions that were made; `check` is for one thread at a time."""

    def __init__(self, user: User, open_handle: Callable[[], Handle]) -> None:
        self._user = user
        self._may = RIGHTS[user.name]
        self._open = open_handle
        self._handle: Handle | None = None
        self._kept: OrderedDict[tuple[bytes, str | None], Permitted] = OrderedDict()

    def known(self, given: Statement) -> Permitted | None:
        """The decision that was made for this text before; takes no time."""
        return self._kept.get((given.text, given.format))

    def check(self, given: Statement) -> Permitted:
        """What may run; raises `EngineError` 497 or 164 where nothing may."""
        text = _text(given)
        try:
            permitted = (self._insert if given.kind is Kind.INSERT else self._other)(self._may, given, text)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            raise self._refusal("what is not understood is refused") from None
        except EngineError as error:
            raise (self._refusal(error.message) if error.code == ACCESS_DENIED else error) from None
        check_settings(self._user, permitted.settings)
        if len(given.text) <= KEPT_LENGTH:
            self._keep((given.text, given.format), permitted)
        return permitted

    def _refusal(self, reason: str) -> EngineError:
        """A refusal that begins as a server's, which is what clients look for."""
        return EngineError(ACCESS_DENIED, f"{self._user.name}: Not enough privileges. {reason}")

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()

    def _keep(self, key: tuple[bytes, str | None], permitted: Permitted) -> None:
        self._kept[key] = permitted
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _other(self, may: Rights, given: Statement, text: str) -> Permitted:
        line = self._ask(_FORMAT, text)
        if line.startswith(("SHOW ", "DESCRIBE ", "EXISTS ")):
            return _by_pattern(may, line)
        tree = self._tree(line)
        match tree["type"]:
            case "SelectWithUnionQuery":
                return self._select(may, line, tree, Kind.SELECT)
            case "ExplainQuery":
                return self._explain(may, line, tree)
            case "AlterQuery":
                _check_delete(may, tree)
                return Permitted(Statement(Kind.OTHER, line.encode(), first_word=b"ALTER"))
        raise EngineError(ACCESS_DENIED, f"{given.first_word.decode()} is not allowed")

    def _select(self, may: Rights, line: str, tree: dict[str, Any], kind: Kind) -> Permitted:
        """Takes FORMAT and the last SETTINGS off the statement, and checks the rest."""
        format = _format(tree)
        settings = _settings(tree.pop("settings_ast", None))
        selects = tree["list_of_selects"]["children"]
        if len(selects) == 1 and "settings" in selects[0]:
            settings |= _settings(selects[0].pop("settings"))
        Walk(may).statement(tree)
        if settings:
            line = self._ask(_FROM_TREE, json.dumps(tree))
            if self._tree(line) != tree:
                raise EngineError(ACCESS_DENIED, "the statement cannot be taken apart from its SETTINGS")
        elif format is not None:
            line = _without_format(line, format)
        return Permitted(_with_format(kind, line, format), settings)

    def _explain(self, may: Rights, line: str, tree: dict[str, Any]) -> Permitted:
        if tree["kind"].removeprefix("EXPLAIN") not in _EXPLAIN_KINDS:
            raise EngineError(ACCESS_DENIED, f"{tree['kind']} is not allowed")
        format = _format(tree) or _format(tree["query"])
        settings = _settings(tree.get("settings"))
        if unknown := settings.keys() - _EXPLAIN_SETTINGS:
            raise EngineError(ACCESS_DENIED, f"EXPLAIN with {min(unknown)} is not allowed")
        rest = {key for key, value in tree.items() if value is not False}
        if rest - {"type", "kind", "settings", "query"} or tree["query"]["type"] != "SelectWithUnionQuery":
            raise EngineError(ACCESS_DENIED, "this EXPLAIN is not allowed")
        Walk(may).statement(tree["query"])
        if format is not None:
            line = _without_format(line, format)
        return Permitted(_with_format(Kind.READ, line, format))

    def _insert(self, may: Rights, given: Statement, text: str) -> Permitted:
        if not may.writes:
            raise EngineError(ACCESS_DENIED, "INSERT is not allowed")
        if given.format not in rights.WRITE_FORMATS:
            raise EngineError(
                ACCESS_DENIED,
                f"INSERT in the format {given.format} is not allowed, for it may call functions or read a "
                "schema: JSONEachRow, CSV, Native, Parquet and their kin are",
            )
        line = self._ask(_FORMAT, f"{text} FORMAT {given.format}")
        tree = self._tree(line)
        _refuse_keys(tree, {"type", "database", "table", "format", "columns", "settings_ast"})
        for name in (
            tree["table"],
            *_optional(tree, "database"),
            *tree.get("columns", {}).get("children", ()),
        ):
            _check_plain_name(name)
        settings = _settings(tree.get("settings_ast"))
        name = tuple(node["name"] for node in (*_optional(tree, "database"), tree["table"]))
        if not any(name in (full, full[1:]) for full in may.inserts_into):
            raise EngineError(ACCESS_DENIED, f"INSERT into {'.'.join(name)} is not allowed")
        head = _without_format(line, given.format).encode()
        return Permitted(given.with_text(head), settings)

    def _tree(self, line: str) -> dict[str, Any]:
        try:
            tree: dict[str, Any] = json.loads(self._ask(_PARSE, line))
        except EngineError as error:
            if "does not support JSON serialization" not in error.message:
                raise
            raise EngineError(ACCESS_DENIED, f"{line[:40]!r}… is not allowed") from None
        return tree

    def _ask(self, question: str, text: str) -> str:
        if self._handle is None:
            self._handle = self._open()
            self._handle.apply(_PARSER)
        try:
            answer, _ = self._handle.run(question, "RawBLOB", {"q": escape(text)})
        except EngineError as error:
            self._handle.close()
            self._handle = None
            raise EngineError(error.code, error.message.split(": In scope SELECT ")[0], error.name) from None
        return answer.decode().rstrip("\n")


def _text(given: Statement) -> str:
    """The text, once it is no bigger and no deeper than anybody's."""
    if len(given.text) > TEXT_LIMIT:
        raise EngineError(SYNTAX_ERROR, f"Max query size exceeded: {TEXT_LIMIT} bytes")
    if b"\0" in given.text:
        raise EngineError(SYNTAX_ERROR, "the statement contains a NUL byte")
    depth = deepest = 0
    for token in statement.tokens(given.text):
        depth = token.depth
        deepest = max(deepest, depth)
        if depth < 0 or deepest > DEPTH_LIMIT:
            raise EngineError(SYNTAX_ERROR, f"brackets are unbalanced or more than {DEPTH_LIMIT} deep")
    try:
        return given.text.decode()
    except UnicodeDecodeError:
        raise EngineError(SYNTAX_ERROR, "the statement is not UTF-8") from None


def _by_pattern(may: Rights, line: str) -> Permitted:
    shape = statement.parse(line.encode())
    text = shape.text[: shape.splice].decode().rstrip() if shape.format else line
    found = next((found for pattern in _PATTERNS if (found := pattern.match(text))), None)
    if found is None or (shape.format and not line.endswith(shape.format)):
        raise EngineError(ACCESS_DENIED, f"{text[:100]!r} is not allowed")
    names = found.groupdict()
    database, table = names.get("database"), (names.get("table") or "").strip("`")
    allowed = database in {None, *may.databases} or (database == "system" and table in may.system_tables)
    if not allowed:
        raise EngineError(ACCESS_DENIED, f"{database}.{table} is not accessible")
    return Permitted(_with_format(Kind.READ, text, shape.format))


def _check_delete(may: Rights, tree: dict[str, Any]) -> None:
    """`ALTER TABLE … DELETE WHERE …`, alone, on a table where this user removes rows."""
    _refuse_keys(
        tree, {"type", "database", "table", "database_ast", "table_ast", "alter_object", "command_list"}
    )
    commands = tree["command_list"]["children"]
    if (tree.get("database"), tree.get("table")) not in may.deletes_from or len(commands) != 1:
        raise EngineError(ACCESS_DENIED, "ALTER of this table is not allowed")
    (command,) = commands
    if command["command_type"] != "DELETE":
        raise EngineError(ACCESS_DENIED, f"ALTER … {command['command_type']} is not allowed")
    _refuse_keys(command, {"type", "command_type", "predicate", "replace"})
    Walk(may).check(command["predicate"])


def _refuse_keys(node: Mapping[str, Any], known: set[str]) -> None:
    present = {key for key, value in node.items() if value is not False}
    if unknown := present - known:
        raise EngineError(ACCESS_DENIED, f"{node['type']!r} with {min(unknown)!r} is not allowed")


def _optional(node: Mapping[str, Any], key: str) -> tuple[Any, ...]:
    return (node[key],) if key in node else ()


def _check_plain_name(node: Mapping[str, Any]) -> None:
    """A written-out name: no parameter, no expression."""
    if set(node) != {"type", "name"} or node["type"] != "Identifier" or not node["name"]:
        raise EngineError(ACCESS_DENIED, "INSERT takes plain names of a table and of columns only")


def _format(tree: dict[str, Any]) -> str | None:
    node = tree.pop("format_ast", None)
    if node is None:
        return None
    if node["type"] != "Identifier" or not re.fullmatch(r"\w+", node["name"]):
        raise EngineError(ACCESS_DENIED, "this FORMAT is not allowed")
    return str(node["name"])


def _settings(node: Mapping[str, Any] | None) -> dict[str, str]:
    """Settings of a clause; each value must be one plain value."""
    if node is None:
        return {}
    if set(node) != {"type", "changes"}:
        raise EngineError(ACCESS_DENIED, "this SETTINGS clause is not allowed")
    values = {}
    for change in node["changes"]:
        value = change["value"]["value"]
        if change.keys() != {"name", "value"} or not isinstance(value, str | int | float):
            raise EngineError(ACCESS_DENIED, f"the setting {change['name']} is not allowed")
        values[change["name"]] = str(int(value) if isinstance(value, bool) else value)
    return values


def _without_format(line: str, format: str) -> str:
    """A formatted statement without its FORMAT, whose name is quoted where it is a word of the language."""
    for name in (format, f"`{format}`"):
        if line.endswith(f" FORMAT {name}"):
            return line.removesuffix(f" FORMAT {name}")
    raise EngineError(ACCESS_DENIED, f"the statement cannot be taken apart from its FORMAT {format}")


def _with_format(kind: Kind, text: str, format: str | None) -> Statement:
    """A statement that was checked, with its format behind it."""
    body = text.encode()
    whole = body + (f" FORMAT {format}".encode() if format else b"")
    return Statement(kind, whole, format=format, first_word=body.split(b" ")[0], splice=len(body))
