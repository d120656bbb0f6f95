"""The catalogue: named queries, read from `.sql` files and their header comments.

A file `NAME.sql` opens with comment lines `-- key: value` (a line that goes on is indented); one statement
follows:

    -- title: Hourly activity
    -- description: Events, users and revenue of each hour.
    -- reads: mv_hourly_events
    -- grain: hour                                          (from and to are widened to whole hours or days)
    -- range: 400 days                                      (the longest range that is answered)
    -- estimate: visitors, sessions                         (columns that come from states of distinct counts)
    -- note: what a reader of the answer must know          (any number)
    -- param: limit UInt32 = 10 ; 1..1000 ; rows at most    (name, type, default ; what it accepts ; help)
    -- column: revenue money ; what it is                   (name, unit ; help)

A parameter accepts `any`, a range `1..1000`, a choice `hour|day`, `id` (an id as the shop knows it; with
the type String, 0 is not the same as none), `country` (a code or a name) or a number of items `2..12 items`
(or `2..12 different items`); with `, required` behind it, it must be given. Units are the words of `UNITS`.
A query that reads a rollup has a twin `NAME.proof.sql` beside it, which answers the same from the raw
tables and shares the header. Invariants, checked on reading: every placeholder of both files is declared
with the same type, and every declared parameter is used.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import dropwhile
from pathlib import Path

from footfall.config import Config
from footfall.errors import UsageError

NAMED = Path(__file__).parent / "named"
GRAINS = ("hour", "day")
UNITS = frozenset(
    {"id", "text", "count", "money", "percent", "ratio", "seconds", "ms", "time", "day", "flag", "json"}
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LINE = re.compile(r"--\s?(?P<text>.*)")
_KEY = re.compile(r"(?P<key>title|description|reads|grain|range|estimate|note|param|column):\s*(?P<value>.*)")
_PARAM = re.compile(r"(?P<name>[a-z_0-9]+)\s+(?P<type>[^=;]+?)\s*=\s*(?P<default>[^;]*?)\s*;(?P<rest>.*)")
_COLUMN = re.compile(r"(?P<name>[a-z_0-9]+)\s+(?P<unit>[a-z]+)\s*;\s*(?P<help>.*)")
_PLACEHOLDER = re.compile(r"\{(?P<name>[A-Za-z_0-9]+):(?P<type>[^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed input of a query: ClickHouse type, default as text, what it accepts, help."""

    name: str
    type: str
    default: str
    accepts: str
    help: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer; the unit is one of `UNITS`. An estimate is near the exact figure."""

    name: str
    unit: str
    help: str
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """One named query: its header, its statement, and the statement of its proof where it has one."""

    name: str
    title: str
    description: str
    reads: tuple[str, ...]
    grain: str | None
    longest_days: int | None
    notes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    sql: str
    proof: str | None
    path: Path

    @property
    def estimates(self) -> tuple[str, ...]:
        """Names of the columns that are estimates."""
        return tuple(column.name for column in self.columns if column.estimate)


def catalogue(config: Config) -> dict[str, NamedQuery]:
    """Footfall's queries, then those in the folder `FOOTFALL_QUERIES`, by name.

    Raises `UsageError` where a file of the user's cannot be read as a query, or takes a name that exists.
    """
    queries = dict(_shipped())
    if config.queries:
        folder = Path(config.queries).expanduser()
        if not folder.is_dir():
            raise UsageError(f"FOOTFALL_QUERIES is {folder}: there is no such folder")
        for query in _read_folder(folder):
            if query.name in queries:
                raise UsageError(f"{query.path}: there is a query {query.name} already; choose another name")
            queries[query.name] = query
    return queries


@cache
def _shipped() -> dict[str, NamedQuery]:
    return {query.name: query for query in _read_folder(NAMED)}


def _read_folder(folder: Path) -> Iterator[NamedQuery]:
    for path in sorted(folder.glob("*.sql")):
        if path.name.endswith(".proof.sql"):
            continue
        twin = path.with_name(f"{path.stem}.proof.sql")
        try:
            proof = twin.read_text() if twin.exists() else None
            yield read_query(path, path.read_text(), proof)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None


def read_query(path: Path, text: str, proof: str | None = None) -> NamedQuery:
    """The query in `text`; raises `UsageError` that names the file and what is wrong with it."""
    name = path.stem
    if not _NAME.fullmatch(name):
        raise UsageError(f"{path}: a query's name is small letters, digits and _, and begins with a letter")
    try:
        entries, sql = _split(text)
        query = NamedQuery(
            name=name,
            title=_single(entries, "title"),
            description=_single(entries, "description"),
            reads=tuple(table.strip() for table in _single(entries, "reads").split(",")),
            grain=_grain(entries),
            longest_days=_longest_days(entries),
            notes=tuple(value for key, value in entries if key == "note"),
            parameters=tuple(_parameter(value) for key, value in entries if key == "param"),
            columns=_columns(entries),
            sql=sql,
            proof=None if proof is None else _statement(proof),
            path=path,
        )
        _check_placeholders(query)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    return query


def _split(text: str) -> tuple[list[tuple[str, str]], str]:
    """Header entries and the statement under them."""
    lines = text.strip().splitlines()
    entries: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        comment = _LINE.fullmatch(line)
        if comment is None:
            return entries, "\n".join(lines[number:]).strip()
        if found := _KEY.fullmatch(comment["text"]):
            entries.append((found["key"], found["value"].strip()))
        elif entries and comment["text"].startswith(" "):
            key, value = entries[-1]
            entries[-1] = key, f"{value} {comment['text'].strip()}"
        elif comment["text"].strip():
            raise ValueError(f"line {number + 1} is not `-- key: value`: {line}")
    raise ValueError("there is no statement under the header")


def _statement(text: str) -> str:
    """The statement of a proof, whose comments on top are for readers alone."""
    lines = text.strip().splitlines()
    return "\n".join(dropwhile(lambda line: line.startswith("--"), lines)).strip()


def _single(entries: list[tuple[str, str]], key: str) -> str:
    values = [value for found, value in entries if found == key]
    if len(values) != 1 or not values[0]:
        raise ValueError(f"the header needs one line `-- {key}: …`")
    return values[0]


def _grain(entries: list[tuple[str, str]]) -> str | None:
    grain = next((value for key, value in entries if key == "grain"), None)
    if grain is not None and grain not in GRAINS:
        raise ValueError(f"grain is {grain}; it takes {' or '.join(GRAINS)}")
    return grain


def _longest_days(entries: list[tuple[str, str]]) -> int | None:
    text = next((value for key, value in entries if key == "range"), None)
    if text is None:
        return None
    number, _, unit = text.partition(" ")
    if not number.isdecimal() or unit != "days":
        raise ValueError(f"range is {text}; it takes a number of days, as in 400 days")
    return int(number)


def _parameter(value: str) -> Parameter:
    found = _PARAM.fullmatch(value)
    if found is None:
        raise ValueError(f"a parameter reads `name Type = default ; accepts ; help`, not: {value}")
    accepts, _, help_ = found["rest"].partition(";")
    accepts, comma, required = (accepts.strip() or "any").partition(", required")
    return Parameter(
        found["name"], found["type"], found["default"], accepts + required, help_.strip(), bool(comma)
    )


def _columns(entries: list[tuple[str, str]]) -> tuple[Column, ...]:
    columns = [_column(value) for key, value in entries if key == "column"]
    lists = [value.split(",") for key, value in entries if key == "estimate"]
    estimates = {name.strip() for names in lists for name in names}
    if unknown := estimates - {column.name for column in columns}:
        raise ValueError(f"estimate names {sorted(unknown)[0]!r}: there is no such column")
    return tuple(replace(column, estimate=column.name in estimates) for column in columns)


def _column(value: str) -> Column:
    found = _COLUMN.fullmatch(value)
    if found is None:
        raise ValueError(f"a column reads `name unit ; help`, not: {value}")
    if found["unit"] not in UNITS:
        raise ValueError(f"unit {found['unit']} of column {found['name']}: use {', '.join(sorted(UNITS))}")
    return Column(found["name"], found["unit"], found["help"])


def _check_placeholders(query: NamedQuery) -> None:
    declared = {parameter.name: parameter.type for parameter in query.parameters}
    used: set[str] = set()
    for text in filter(None, (query.sql, query.proof)):
        for found in _PLACEHOLDER.finditer(text):
            name = found["name"]
            used.add(name)
            if declared.get(name) != found["type"].strip():
                raise ValueError(f"{found[0]} is not declared as `-- param: {name} {found['type']} = …`")
    if unused := declared.keys() - used:
        raise ValueError(f"parameter {sorted(unused)[0]} is declared and not used")
