"""docs/queries.md, from the headers of the named queries: `python -m footfall.query.docs >FILE`.

Queries of the user's own, where `FOOTFALL_QUERIES` names their folder, are documented with Footfall's.
"""

import sys
from collections.abc import Iterator

from footfall import config as configuration
from footfall.config import Config
from footfall.query import parts
from footfall.query.catalogue import NamedQuery, Parameter, catalogue, placeholders

_OPENING = """\
# Named queries

Made from the headers in `src/footfall/query/named` by `python -m footfall.query.docs > docs/queries.md`.

Run one with `footfall query NAME --from 2026-01-01 --to today --tz Europe/Berlin --param limit=20`, or over
HTTP as `/api/query/NAME?from=…`. What each figure means is said once, in GLOSSARY.md.

## What they have in common

**Times** are RFC 3339, dates, epoch milliseconds, or relative (`now-30m`, `today-6d`; `now-1d` is the same
time of the day before); `to` is exclusive, and where it is `now`, it is the end of the minute.
Times that name no zone, days, weeks (from Monday) and months are those of `tz`, any IANA zone; a day has
23, 24 or 25 hours, and an hour that happens twice is two. Moments in answers are UTC.

**Rollups and raw rows.** A query that reads a rollup has a twin on the raw rows. The twin proves it
(`/api/query/NAME/proof`, or `footfall audit` for all of them), and answers what the rollup cannot:
`exact=true`, filters that the rollup does not hold, days of a zone that is not the rollup's.
`meta.raw_because` and a note say so and why. Where raw rows have expired, a note says from when on they are
there.

**Filters.** {filters} A query says which it takes; one that it does not take is refused, never ignored. In
figures of orders, what only events say (device, browser, UTM) is that of the purchase event with the
order's id.

**Comparison.** `compare=before` adds the answer for the period of the same length before (`before`), and for
answers of one row by how many percent each figure changed (`change`).

**Estimates.** A column that is an *estimate* comes from states of distinct counts: practically exact up to
some thousands, and above within 1 % as a rule. Its proof counts the raw rows exactly and allows 2 % from
1,000 on, nothing below; `meta.estimates` of an answer names such columns; `exact=true` counts raw rows.

**Your own.** Files in the folder that `FOOTFALL_QUERIES` names join these, with the same kind of header;
docs/api.md shows one.
"""


def document(config: Config) -> Iterator[str]:
    """The lines of docs/queries.md."""
    queries = catalogue(config).values()
    _, filters = parts.put_in("{part:event_filters}")
    named = "; ".join(f"`{filter_.name}`: {filter_.help.removesuffix('; empty: all')}" for filter_ in filters)
    yield from _OPENING.replace("{filters}", f"{named}.").splitlines()
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
    own = [parameter for parameter in query.parameters if not parameter.inherited]
    if own:
        yield "| parameter | type | default | takes | |"
        yield "|---|---|---|---|---|"
        yield from (_row(parameter) for parameter in own)
        yield ""
    if len(own) < len(query.parameters):
        yield from _inherited(query)
        yield ""
    yield "| column | unit | |"
    yield "|---|---|---|"
    for column in query.columns:
        unit = f"{column.unit}, estimate" if column.estimate else column.unit
        yield f"| {column.name} | {unit} | {column.help} |"


def _inherited(query: NamedQuery) -> Iterator[str]:
    """What the query takes of what queries have in common, and which of it only raw rows answer."""
    common = [parameter.name for parameter in query.parameters if parameter.inherited]
    yield f"Takes {', '.join(f'`{name}`' for name in common)}."
    answered = placeholders(query.sql).keys() | {"tz", "exact", "compare"}
    raw = [f"`{name}`" for name in common if name not in answered]
    if query.proof and raw:
        yield f"Raw rows answer {', '.join(raw)}."


def _row(parameter: Parameter) -> str:
    takes = "" if parameter.accepts == "any" else parameter.accepts.strip("|").replace("|", ", ")
    default = f"`{parameter.default}`" if parameter.default else ""
    return f"| {parameter.name} | {parameter.type} | {default} | {takes} | {parameter.help} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join(document(configuration.load())) + "\n")
