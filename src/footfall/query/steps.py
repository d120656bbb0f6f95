"""Steps of a funnel as text: a type of event, and conditions on its columns and properties.

`product_view` is any event of the type; `product_view?country=US&properties.plan=gold` is one that meets
each condition behind the question mark. A condition is a field, `=`, `!=`, `>=` or `<=`, and a value; the
last two compare numbers, and are not met by what is none. Values are percent-encoded where they hold one of
`& % ? ,`. The statement reads these texts itself, as bound values; here they are checked, and countries and
product ids made what Footfall stores.
"""

import re
from decimal import Decimal
from typing import Final
from urllib.parse import quote, unquote

from footfall.countries import UNKNOWN, country_code
from footfall.model import numeric_id

STEPS: Final = "steps"
FIELDS: Final = (
    "country", "device_type", "browser", "page_url", "referrer", "search_term", "utm_source",
    "utm_medium", "utm_campaign", "product_id", "order_id", "session_id", "revenue", "value", "quantity",
    "duration_seconds",
)  # fmt: skip
_CONDITION = re.compile(r"(?P<field>[^=!<>]+)(?P<sign>!=|>=|<=|=)(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PROPERTY = "properties."
_NUMBERS = frozenset({"revenue", "value", "quantity", "duration_seconds"})


def check_steps(texts: list[str]) -> list[str]:
    """The steps as the store takes them; raises `ValueError` with what a step takes."""
    return [_step(text) for text in texts]


def _step(text: str) -> str:
    kind, question, conditions = text.partition("?")
    if not kind or (question and not conditions):
        raise ValueError("a type of event in each step, and conditions behind a question mark")
    if not question:
        return kind
    return f"{kind}?{'&'.join(_condition(condition) for condition in conditions.split('&'))}"


def _condition(text: str) -> str:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ValueError(f"conditions like country=US or revenue>=10, which {text!r} is not")
    field, sign, value = found["field"], found["sign"], unquote(found["value"])
    if field not in FIELDS and not (field.startswith(_PROPERTY) and field != _PROPERTY):
        raise ValueError(f"conditions on {', '.join(FIELDS)} and properties.NAME, not on {field!r}")
    if sign in {">=", "<="} and not _NUMBER.fullmatch(value):
        raise ValueError(f"a number behind {sign} in the condition on {field}")
    if field == "country":
        code = country_code(value) if value else ""
        if code == UNKNOWN and value.upper() != UNKNOWN:
            raise ValueError(f"a country by code or name in the condition on it, not {value!r}")
        value = code
    elif field == "product_id":
        value = str(_stored(value))
    elif field in _NUMBERS and _NUMBER.fullmatch(value):
        value = f"{Decimal(value).normalize():f}"
    return f"{field}{sign}{quote(value, safe='/:. ')}"


def _stored(value: str) -> int:
    if value.isascii() and value.isdigit() and 1 << 63 <= int(value[:21]) < 1 << 64:
        return int(value)
    return numeric_id(value) if value else 0
