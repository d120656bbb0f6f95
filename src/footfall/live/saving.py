"""Saves a statement of the SQL box as a named query: a file with a header, in the shop's own folder.

What is saved is read back as any query's file is before it is kept, so that a file that is no query is never
written. A name that exists is refused: a figure does not change its meaning under those who use it. This
process knows the query at once, and `footfall query` too; the other page knows it from its next start.
"""

import re
from pathlib import Path
from typing import Any, Final

import msgspec

from footfall.config import Config
from footfall.errors import CallersFault, OurFault, UsageError
from footfall.query.catalogue import read_query
from footfall.web.named import Queries

_PLACEHOLDER = re.compile(r"\{(?P<name>[A-Za-z_][A-Za-z_0-9]*):(?P<type>[^{}]+)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_ONE_LINE: Final = 300
_UNITS: Final = (
    (re.compile(r"Date(32)?\b"), "day"),
    (re.compile(r"DateTime"), "time"),
    (re.compile(r"(Nullable\()?Decimal"), "money"),
    (re.compile(r"(Nullable\()?U?Int"), "count"),
    (re.compile(r"(Nullable\()?(B?Float)"), "ratio"),
    (re.compile(r"Bool"), "flag"),
)


class Column(msgspec.Struct):
    """A column of the statement's result, as the box showed it."""

    name: str
    type: str


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a request."""

    name: str
    title: str
    sql: str
    columns: list[Column]
    tables: list[str] = []
    params: dict[str, str] = {}


class Saving:
    """Writes drafts as files; one a process."""

    def __init__(self, config: Config, queries: Queries) -> None:
        self._folder = Path(config.queries or config.data_dir / "queries").expanduser()
        self._queries = queries

    def save(self, body: bytes) -> dict[str, Any]:
        """Saves the draft in `body`; raises `CallersFault` where it is no query, or its name is taken."""
        try:
            draft = msgspec.json.decode(body, type=Draft)
        except msgspec.MsgspecError as error:
            raise CallersFault(f"the body is no draft of a query: {error}") from None
        if not _NAME.fullmatch(draft.name):
            raise CallersFault("a name is small letters, digits and _, after a letter", field="name")
        path = self._folder / f"{draft.name}.sql"
        if draft.name in self._queries.all or path.exists():
            raise CallersFault(f"there is a query {draft.name} already; choose another name", field="name")
        text = written(draft)
        try:
            query = read_query(path, text)
        except UsageError as error:
            raise CallersFault(error.message.partition(": ")[2] or error.message) from None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        except OSError as error:
            raise OurFault(f"{path} cannot be written: {error.strerror}") from None
        self._queries.all[draft.name] = query
        return {"data": {"name": draft.name, "path": str(path)}}


def written(draft: Draft) -> str:
    """The file of a draft: its header and its statement."""
    types = {found["name"]: found["type"].strip() for found in _PLACEHOLDER.finditer(draft.sql)}
    lines = [
        f"-- title: {_line(draft.title) or draft.name}",
        f"-- description: {_line(draft.title) or draft.name}. Saved from the SQL box.",
        f"-- reads: {', '.join(_line(table) for table in draft.tables) or 'nothing'}",
        *(
            f"-- param: {name} {type_} = {_line(draft.params.get(name, '')).replace(';', ' ')} ; any ; {name}"
            for name, type_ in types.items()
        ),
        *(
            f"-- column: {column.name} {_unit(column)} ; {column.name.replace('_', ' ')}"
            for column in draft.columns
            if _NAME.fullmatch(column.name)
        ),
    ]
    return "\n".join([*lines, draft.sql.strip().rstrip(";").rstrip()]) + "\n"


def _line(text: str) -> str:
    """A text on one line, of bounded length: a header's line ends where the line does."""
    return " ".join(text.split())[:_ONE_LINE]


def _unit(column: Column) -> str:
    if column.name == "id" or column.name.endswith("_id"):
        return "id"
    kind = column.type.removeprefix("LowCardinality(")
    return next((unit for pattern, unit in _UNITS if pattern.match(kind)), "text")
