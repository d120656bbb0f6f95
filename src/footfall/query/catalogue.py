"""The catalogue: named queries, read from `.sql` files and their header comments.

A file `NAME.sql` opens with comment lines `-- key: value` (a line that goes on is indented); one statement
follows:

    -- title: Hourly activity
    -- description: Events, users and revenue of each hour.
    -- reads: mv_hourly_events
    -- grain: hour                                          (from and to are widened to whole hours or days)
    -- range: 400 days                                      (the longest range that is answered)
    -- back: 29 days                                        (how far it looks back before from)
    -- estimate: visitors, sessions                         (columns that come from states of distinct counts)
    -- raw: orders, aov                                     (columns that count raw rows beside a rollup)
    -- note: what a reader of the answer must know          (any number)
    -- param: limit UInt32 = 10 ; 1..1000 ; rows at most    (name, type, default ; what it accepts ; help)
    -- column: revenue money ; what it is                   (name, unit ; help)

A parameter accepts `any`, a range `1..1000`, a choice `hour|day`, `id` (an id as the shop knows it; with
the type String, 0 is not the same as none), `country` (a code or a name), `zone` (a time zone), a number of
items `2..12 items` (or `2..12 different items`) or `2..12 steps` of a funnel; with `, required` behind it,
it must be given. A query that reads a rollup has a twin `NAME.proof.sql` beside it, which answers the same
from the raw tables and shares the header. The twin also answers what the rollup cannot: exact counts, and
each filter that the twin's statement names and the rollup's does not (`choose`). `{part:NAME}` stands for a
piece of SQL with its parameters (`parts`). Every query with a time takes `tz`, every one with a range
`compare`, every one with a twin `exact`. Invariants, checked on reading: every placeholder of both files is
declared with the same type, and every declared parameter is used.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import dropwhile
from pathlib import Path

from footfall.config import Config
from footfall.errors import UsageError
from footfall.query import header, parts
from footfall.query.header import Column, Parameter

__all__ = ["NAMED", "Column", "NamedQuery", "Parameter", "catalogue", "problems", "read_query"]

NAMED = Path(__file__).parent / "named"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{(?P<name>[A-Za-z_0-9]+):(?P<type>[^{}]+)\}")
_TZ = Parameter(
    "tz", "String", "UTC", "zone", "time zone of days, and of times that name none, as in Europe/Berlin"
)
_EXACT = Parameter("exact", "String", "false", "true|false", "true: from raw rows, so without estimates")
_COMPARE = Parameter(
    "compare", "String", "", "|before", "before: with the answer for the period of the same length before"
)


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """One named query: its header, its statement, and the statement of its proof where it has one."""

    name: str
    title: str
    description: str
    reads: tuple[str, ...]
    grain: str | None
    longest_days: int | None
    back_days: int
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

    @property
    def proved_unasked(self) -> bool:
        """Whether it has a proof, and needs no value of the caller's: not what is about one product, say."""
        return self.proof is not None and not any(parameter.required for parameter in self.parameters)


def catalogue(config: Config) -> dict[str, NamedQuery]:
    """Footfall's queries, then those in the folder `FOOTFALL_QUERIES` that can be read, by name.

    Raises `UsageError` where there is no such folder.
    """
    return _all(config)[0]


def problems(config: Config) -> list[str]:
    """A line for each file in the folder `FOOTFALL_QUERIES` that is no query, with what is wrong with it."""
    return _all(config)[1]


def _all(config: Config) -> tuple[dict[str, NamedQuery], list[str]]:
    queries, told = dict(_shipped()), []
    if config.queries:
        folder = Path(config.queries).expanduser()
        if not folder.is_dir():
            raise UsageError(f"FOOTFALL_QUERIES is {folder}: there is no such folder")
        for path in _files(folder):
            try:
                query = _read(path)
                if query.name in queries:
                    raise UsageError(f"{path}: there is a query {query.name} already; choose another name")
                queries[query.name] = query
            except UsageError as error:
                told.append(error.message)
    return queries, told


@cache
def _shipped() -> dict[str, NamedQuery]:
    return {path.stem: _read(path) for path in _files(NAMED)}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*.sql")) if not path.name.endswith(".proof.sql"))


def _read(path: Path) -> NamedQuery:
    twin = path.with_name(f"{path.stem}.proof.sql")
    try:
        return read_query(path, path.read_text(), twin.read_text() if twin.exists() else None)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: this is no text in UTF-8") from None


def read_query(path: Path, text: str, proof: str | None = None) -> NamedQuery:
    """The query in `text`; raises `UsageError` that names the file and what is wrong with it."""
    name = path.stem
    if not _NAME.fullmatch(name):
        raise UsageError(f"{path}: a query's name is small letters, digits and _, and begins with a letter")
    try:
        entries, statement = header.split(text)
        sql, brought = parts.put_in(statement)
        twin, brought_by_twin = parts.put_in(_statement(proof or ""))
        own = header.parameters(entries)
        query = NamedQuery(
            name=name,
            title=header.single(entries, "title"),
            description=header.single(entries, "description"),
            reads=tuple(table.strip() for table in header.single(entries, "reads").split(",")),
            grain=header.grain(entries),
            longest_days=header.days(entries, "range"),
            back_days=header.days(entries, "back") or 0,
            notes=tuple(value for key, value in entries if key == "note"),
            parameters=(*own, *_inherited(own, (*brought, *brought_by_twin), proof is not None)),
            columns=header.columns(entries),
            sql=sql,
            proof=None if proof is None else twin,
            path=path,
        )
        _check_placeholders(query)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None
    return query


def placeholders(sql: str) -> dict[str, str]:
    """Types by name of the parameters that a statement names."""
    return {found["name"]: found["type"].strip() for found in _PLACEHOLDER.finditer(sql)}


def _statement(text: str) -> str:
    """The statement of a proof, whose comments on top are for readers alone."""
    lines = text.strip().splitlines()
    return "\n".join(dropwhile(lambda line: line.startswith("--"), lines)).strip()


def _inherited(
    own: tuple[Parameter, ...], brought: tuple[Parameter, ...], has_twin: bool
) -> Iterator[Parameter]:
    """What a query takes beside what it declares: of its parts, and what all queries of its kind take."""
    more = {parameter.name: parameter for parameter in brought}
    more |= {parameter.name: parameter for parameter in own}
    common = [_TZ] if any(parameter.type.startswith("DateTime") for parameter in more.values()) else []
    common += [_COMPARE] if {"from", "to"} <= more.keys() else []
    common += [_EXACT] if has_twin else []
    more |= {parameter.name: parameter for parameter in common if parameter.name not in more}
    return (replace(found, inherited=True) for found in more.values() if found not in own)


def _check_placeholders(query: NamedQuery) -> None:
    declared = {parameter.name: parameter.type for parameter in query.parameters}
    used: set[str] = set()
    for text in filter(None, (query.sql, query.proof)):
        for name, type_ in placeholders(text).items():
            used.add(name)
            if declared.get(name) != type_:
                raise ValueError(f"{{{name}:{type_}}} is not declared as `-- param: {name} {type_} = …`")
    own = {parameter.name for parameter in query.parameters if not parameter.inherited}
    if unused := own - used:
        raise ValueError(f"parameter {sorted(unused)[0]} is declared and not used")
