"""Parts: pieces of SQL that many named queries say in the same words, a file each in `named/parts`.

`{part:NAME}` in a statement stands for the text of `NAME.sql` there, and brings the parameters that the
file's header declares: so every query takes the common filters by one line. A part may name other parts. It
is put in when the file is read and knows nothing of a request: a statement is the same for all values,
which are bound by the store. What a query declares itself goes before what a part declares.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from footfall.query import header
from footfall.query.header import Parameter

PARTS: Final = Path(__file__).parent / "named" / "parts"
_PART = re.compile(r"\{part:(?P<name>[a-z_0-9]+)\}")


def put_in(statement: str) -> tuple[str, tuple[Parameter, ...]]:
    """The statement with its parts put in, and the parameters that they bring, each once."""
    brought: dict[str, Parameter] = {}

    def text_of(found: re.Match[str]) -> str:
        sql, parameters = _part(found["name"])
        brought.update((parameter.name, parameter) for parameter in parameters)
        return sql

    return _PART.sub(text_of, statement), tuple(brought.values())


@cache
def _part(name: str) -> tuple[str, tuple[Parameter, ...]]:
    path = PARTS / f"{name}.sql"
    if not path.exists():
        known = ", ".join(sorted(path.stem for path in PARTS.glob("*.sql")))
        raise ValueError(f"there is no part {name}; there are {known}")
    entries, sql = header.split(path.read_text())
    whole, brought = put_in(sql)
    return whole, (*brought, *header.parameters(entries))
