"""What the answer of a shipped query depends on, of the rows of the store: tables.

They are those that its statement names, and those that its freshness is told from. The common filters look
other tables up (a product's category, a user's segment), which matter only where a filter is given: their
parts ask for them behind `{name} = '' OR …`. Of a query of one's own only its author knows. Tests compare
this with the engine's own tree of each statement.
"""

import re
from functools import cache
from typing import Final

from footfall.query import parts
from footfall.query.catalogue import NAMED, NamedQuery
from footfall.query.choose import ABOUT_THE_ANSWER, Choice
from footfall.query.run import raw_tables

VIEWS: Final = {"current_users": "users", "current_products": "products"}
"""Each view with the table that it reads."""
_TABLE = re.compile(r"\bfootfall\.(\w+)")


def tables(query: NamedQuery, choice: Choice) -> frozenset[str] | None:
    """The tables behind an answer; None where they are not known."""
    if query.path.parent != NAMED:
        return None
    own = {parameter.name for parameter in query.parameters if not parameter.inherited}
    filtered = choice.bound.given - own - ABOUT_THE_ANSWER
    named = _named(choice.sql) if filtered else _named(unfiltered(choice.sql))
    return named.union(query.reads, raw_tables(query))


@cache
def unfiltered(sql: str) -> str:
    """A statement without the filters that it takes, as it is where none is given."""
    for text in _filters():
        sql = sql.replace(text, "1")
    return sql


@cache
def _filters() -> list[str]:
    """The texts of the filters; one that holds another goes before it."""
    texts = [parts.put_in(f"{{part:{path.stem}}}")[0] for path in parts.PARTS.glob("*_filters.sql")]
    return sorted(texts, key=len, reverse=True)


@cache
def _named(sql: str) -> frozenset[str]:
    return frozenset(VIEWS.get(table, table) for table in _TABLE.findall(sql))
