"""Events by columns: the plain ones of a slice become rows together; whatever is not plain goes by itself.

An event is *plain* where it can be read and no value of it breaks a rule (see `columns`). So there is one set
of rules, and a bad item costs what it costs alone. Of items of one request that bear the same id, the plain
one holds.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Raw

from footfall.ingest import native
from footfall.ingest.chunks import MONTHS_LIMIT
from footfall.ingest.columns import Columns, Group
from footfall.ingest.fields import Rules
from footfall.ingest.lanes import EVENTS
from footfall.ingest.outcome import Entry, Occurrences, Sender
from footfall.ingest.rows import Rows
from footfall.ingest.stubs import Name
from footfall.ingest.values import Values

LEAST_EVENTS: Final = 20  # fewer are as fast by themselves
# What so many events come to on their way stays in the processor's cache: a quarter less time than 1,000.
GROUP_EVENTS: Final = 250


class Plain(NamedTuple):
    """What became of a slice: rows, links of shoppers, texts that rows name, and the places of the rest."""

    rows: Rows | None
    links: Sequence[Entry]
    names: Sequence[Name]
    rest: Sequence[int]


def none_plain(count: int) -> Plain:
    """So many items, each of which goes by itself."""
    return Plain(None, (), (), range(count))


class Bulk:
    """Makes rows of plain events; remembers what it made of values, for they come again and again."""

    def __init__(self, rules: Rules) -> None:
        self.values = Values(rules)

    def plain(self, items: Sequence[bytes | Raw], sender: Sender, occurrences: Occurrences) -> Plain:
        """Makes rows of the plain ones among items."""
        self.values.refresh()
        groups = [
            Group(self.values, items[first : first + GROUP_EVENTS], first, sender)
            for first in range(0, len(items), GROUP_EVENTS)
        ]
        made = [columns for group in groups if (columns := group.columns()) is not None]
        months = sorted(set().union(*(columns.months for columns in made)))
        if not 0 < len(months) <= MONTHS_LIMIT:
            return none_plain(len(items))
        keys = [key for columns in made for key in _keys(columns, occurrences)]
        data = {name: b"".join([columns.data[name] for columns in made]) for name in made[0].data}
        body = native.join(EVENTS.columns, [data.get(column.name, keys) for column in EVENTS.columns])
        return Plain(
            Rows(EVENTS.name, keys, body, ",".join(map(str, months))),
            [link for columns in made for link in columns.links],
            [name for columns in made for name in columns.names],
            [place for group in groups for place in group.rest],
        )


def _keys(columns: Columns, occurrences: Occurrences) -> Sequence[bytes]:
    """The ids of events; those that bring none get one."""
    if all(columns.keys):
        return columns.keys
    return [
        key or occurrences.key(b"event", bytes(item))
        for key, item in zip(columns.keys, columns.items, strict=True)
    ]
