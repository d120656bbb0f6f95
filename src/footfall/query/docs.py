"""docs/queries.md, from the headers of the named queries: `python -m footfall.query.docs >FILE`."""

import sys
from collections.abc import Iterator

from footfall.config import Config
from footfall.query.catalogue import NamedQuery, Parameter, catalogue

_OPENING = """\
# Named queries

Made from the headers in `src/footfall/query/named` by `python -m footfall.query.docs > docs/queries.md`.

Run one with `footfall query NAME --from 2026-01-01 --to today --param limit=20`, or over HTTP as
`/api/query/NAME?from=…`. Times are RFC 3339, dates, epoch milliseconds, or relative (`now-30m`,
`today-6d`), all in UTC; `to` is exclusive. What each figure means is said once, in GLOSSARY.md. A query that
reads a rollup has a proof on the raw rows: `/api/query/NAME/proof`, or `footfall audit` for all of them.

A column that is an *estimate* comes from states of distinct counts: practically exact up to 65,000, and above
within 1 % as a rule (0.3 to 0.55 % standard error). Its proof counts the raw rows exactly and allows 2 % from
1,000 on, nothing below; `meta.estimates` of an answer names such columns.

Files of your own in the folder that `FOOTFALL_QUERIES` names join these, with the same kind of header.
"""


def document() -> Iterator[str]:
    """The lines of docs/queries.md."""
    queries = catalogue(Config()).values()
    yield from _OPENING.splitlines()
    yield ""
    yield "| query | what it answers | reads |"
    yield "|---|---|---|"
    for query in queries:
        yield f"| [{query.name}](#{query.name}) | {query.title} | {', '.join(query.reads)} |"
    for query in queries:
        yield from _section(query)


def _section(query: NamedQuery) -> Iterator[str]:
    yield ""
    yield f"## {query.name}"
    yield ""
    yield f"**{query.title}.** {query.description}"
    proof = "has a proof on the raw rows" if query.proof else "reads raw rows, so it needs no proof"
    range_ = f" The longest range is {query.longest_days} days." if query.longest_days else ""
    grain = f" `from` and `to` are widened to whole {query.grain}s." if query.grain else ""
    yield ""
    notes = "".join(f" {note}" for note in query.notes)
    yield f"Reads {', '.join(query.reads)}; {proof}.{grain}{range_}{notes}"
    yield ""
    if query.parameters:
        yield "| parameter | type | default | takes | |"
        yield "|---|---|---|---|---|"
        yield from (_row(parameter) for parameter in query.parameters)
        yield ""
    yield "| column | unit | |"
    yield "|---|---|---|"
    for column in query.columns:
        unit = f"{column.unit}, estimate" if column.estimate else column.unit
        yield f"| {column.name} | {unit} | {column.help} |"


def _row(parameter: Parameter) -> str:
    takes = "" if parameter.accepts == "any" else parameter.accepts.strip("|").replace("|", ", ")
    default = f"`{parameter.default}`" if parameter.default else ""
    return f"| {parameter.name} | {parameter.type} | {default} | {takes} | {parameter.help} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join(document()) + "\n")
