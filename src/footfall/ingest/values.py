"""Values of events as the store holds them: what the rules make of each, computed once and remembered.

The rules are those of `events` and `fields`. A value that one of them refuses comes to None.
"""

import sys
from collections.abc import Callable
from typing import Any, Final

from footfall.ingest import events, fields, native
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.segment.names import GA4_EVENTS
from footfall.model import anonymous_number, numeric_id

_MEMO_BYTES: Final = 8 << 20  # of one memo: some 50,000 shoppers
_ENTRY_BYTES: Final = 100  # what an entry takes beside its value
_VALUE_BYTES: Final = 1_100  # longer texts do not come again often enough


class Memo(dict[Any, Any]):
    """What a rule makes of each value, computed once; None where the rule refuses it."""

    def __init__(self, rule: Callable[[Any], Any]) -> None:
        super().__init__()
        self._rule = rule
        self._left = _MEMO_BYTES
        self.refuses = False

    def __missing__(self, value: Any) -> Any:
        try:
            made = self._rule(value)
        except Rejected:
            made = None
            self.refuses = True
        size = sys.getsizeof(value)
        if size <= _VALUE_BYTES:
            self._left -= size + sys.getsizeof(made) + _ENTRY_BYTES
            if self._left < 0:
                self.clear()
            self[value] = made
        return made

    def clear(self) -> None:
        super().clear()
        self._left = _MEMO_BYTES


class Values:
    """The rules of each kind of field: Strings as they are sent to the store, the others as numbers."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._erased = 0  # the list of erased persons that values were compared with
        self.types = Memo(lambda value: native.text(events.type_name(our_name(value))))
        self.texts = Memo(_text)
        self.numbers = Memo(lambda value: 0 if value is None else numeric_id(fields.id_text("", value)))
        self.users = Memo(
            lambda value: 0 if value is None else rules.known("", numeric_id(fields.id_text("", value)))
        )
        self.anonymous = Memo(
            lambda value: 0 if value is None else rules.known("", anonymous_number(fields.id_text("", value)))
        )
        self.countries = Memo(lambda value: _text(fields.country(value and fields.id_text("", value))))
        self.currencies = Memo(lambda value: _text(fields.currency(value, rules)))
        self.amounts = Memo(lambda value: fields.amount("", value))
        self.properties = Memo(lambda value: native.text(fields.properties(value, None)))
        self.counts = Memo(lambda value: fields.whole("", value, 0, events.UINT32))

    def refresh(self) -> None:
        """Forgets what it made of shoppers where the list of those whose items are refused has changed."""
        if self.rules.erased is None:
            return
        self.rules.erased.look()
        if self.rules.erased.version != self._erased:
            self._erased = self.rules.erased.version
            self.users.clear()
            self.anonymous.clear()


def our_name(event_type: str) -> str:
    """What an event of GA4's is called here."""
    return GA4_EVENTS[event_type].event_type if event_type in GA4_EVENTS else event_type


def _text(value: str | int | None) -> bytes:
    return b"\0" if value is None else native.text(fields.id_text("", value))
