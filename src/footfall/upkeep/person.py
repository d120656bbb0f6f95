"""A person: every number and text that stands for them in the store, as one call of `erase` knows them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from footfall.errors import UsageError
from footfall.model import anonymous_number, numeric_id

# Names under which items, messages of SDKs and our own tables hold who somebody is.
_ID_NAMES: Final = re.compile(
    r"^(user_?id|anonymous_?id|previous_?id|external_?id|distinct_?id|id)$", re.IGNORECASE
)
_LINKED: Final = """
    SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS leads_to FROM footfall.identities
    GROUP BY anonymous_id
    HAVING anonymous_id IN {ids:Array(UInt64)} OR leads_to IN {ids:Array(UInt64)}"""
_TEXTS: Final = "SELECT DISTINCT external_id FROM footfall.users WHERE user_id IN {ids:Array(UInt64)}"
_CONTACTS: Final = """
    SELECT DISTINCT arrayJoin([email, phone]) AS detail FROM footfall_private.contacts
    WHERE user_id IN {ids:Array(UInt64)} AND detail != ''"""
_SHORTEST_TEXT: Final = 4  # a shorter one is looked for under names of ids alone


@dataclass(slots=True)
class Person:
    """`numbers` of the person, anonymous ones too; `texts`: ids and contact details as they were sent."""

    user: str
    numbers: set[int]
    texts: set[str] = field(default_factory=set)

    @property
    def ids(self) -> list[int]:
        return sorted(self.numbers)

    def in_item(self, raw: bytes) -> bool:
        """Whether the text of an item names the person."""
        try:
            return any(self._is(name, value) for name, value in _scalars("", msgspec.json.decode(raw)))
        except (msgspec.DecodeError, RecursionError):  # it was refused for that, or is cut off
            text = raw.decode(errors="replace")
            return any(len(one) >= _SHORTEST_TEXT and one in text for one in self.texts) or any(
                re.search(rf'(?i)id"?\s*[:=]\s*"?{re.escape(one)}\b', text) for one in self.texts
            )

    def _is(self, name: str, value: str | int) -> bool:
        text = str(value)
        if _ID_NAMES.match(name):
            return numeric_id(text) in self.numbers or anonymous_number(text) in self.numbers
        return isinstance(value, str) and len(text) >= _SHORTEST_TEXT and text in self.texts


def find(client: Client, user: str) -> Person:
    """The person with this id; raises `UsageError` where it is nobody's."""
    number = numeric_id(user)
    if number == 0:
        raise UsageError("user 0 is nobody")
    person = Person(user, {number})
    before: set[int] = set()
    while before != person.numbers:
        before = set(person.numbers)
        person.numbers.update(_asked(client, _LINKED, person.ids))
    found = (text for query in (_TEXTS, _CONTACTS) for text in _asked(client, query, person.ids))
    person.texts = {user, *found} - {""}
    return person


def _asked(client: Client, query: str, ids: Iterable[int]) -> Iterator[Any]:
    for row in client.query(query, parameters={"ids": list(ids)}).result_rows:
        yield from row


def _scalars(name: str, value: Any) -> Iterator[tuple[str, str | int]]:
    """Texts and whole numbers of a JSON value, each with the name that it stands under."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _scalars(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(name, inner)
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield name, value
