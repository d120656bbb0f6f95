"""Which events a page asks for: all of them, or those of a type, of a country, or with a text in them.

`find` is looked for, whatever the case, in what names an event's user, country, page, product, order and
search. The page filters what it shows already by the same rules (`stream.js`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from footfall.countries import UNKNOWN, country_code
from footfall.errors import InvalidParameter

LONGEST: Final = 200
SEARCHED: Final = ("external_id", "user_id", "country", "page_url", "product_id", "order_id", "search_term")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of events; what is empty filters nothing."""

    event_type: str = ""
    country: str = ""
    find: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """The filter that a request's parameters name; one that is not known is refused."""
        names = [field.name for field in fields(cls)]
        for name, text in given.items():
            if name not in names:
                accepted = ", ".join(names)
                raise InvalidParameter(f"the stream has no parameter {name}; it takes {accepted}", field=name)
            if len(text) > LONGEST:
                raise InvalidParameter(f"{name} has more than {LONGEST} characters", field=name)
        texts = {name: text.strip() for name, text in given.items()}
        if texts.get("country"):
            code = country_code(texts["country"])
            if code == UNKNOWN and texts["country"] != UNKNOWN:
                raise InvalidParameter(
                    "country is no country that is known, by code or name", field="country"
                )
            texts["country"] = code
        return cls(**texts | {"find": texts.get("find", "").lower()})

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether it is one of the events that are asked for."""
        if self.event_type and event["event_type"] != self.event_type:
            return False
        if self.country and event["country"] != self.country:
            return False
        return not self.find or any(self.find in str(event[name]).lower() for name in SEARCHED)


EVERYTHING: Final = Wanted()
