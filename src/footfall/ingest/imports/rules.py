"""Rules: a field of ours that their columns decide, as an order's status often is.

A rule is a value (`is`), or the column that holds it (`from`), and conditions, each a column and a test in
words (`TESTS`): `> 0`, `starts with C`, `empty`. The first rule of a field of which all conditions hold gives
the value; nothing is evaluated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

Test = Callable[[str], bool]
_NUMBER: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    ">=": lambda value, bound: value >= bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    "<": lambda value, bound: value < bound,
}
_TEXT: Final[dict[str, Callable[[str, str], bool]]] = {
    "starts with": str.startswith,
    "ends with": str.endswith,
    "contains": str.__contains__,
    "is not": lambda value, text: value != text,
    "is": lambda value, text: value == text,
}
TESTS: Final = (
    *(f"{name} NUMBER" for name in _NUMBER),
    *(f"{name} TEXT" for name in _TEXT),
    "empty",
    "not empty",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A value for a field, or the column that holds it, where every condition holds; each is a column and a
    test of its text."""

    value: Any
    column: str | None
    conditions: tuple[tuple[str, Test], ...]


def read_rules(given: Mapping[str, list[dict[str, Any]]]) -> dict[str, tuple[Rule, ...]]:
    """The rules of a mapping file, by field; raises ValueError for what is no rule."""
    rules: dict[str, tuple[Rule, ...]] = {}
    for name, listed in given.items():
        for rule in listed:
            if ("is" in rule) == ("from" in rule) or rule.keys() - {"is", "from", "where"}:
                raise ValueError(f"a rule of {name} has `is` or `from` and, for its conditions, `where`")
        rules[name] = tuple(
            Rule(
                rule.get("is"),
                rule.get("from"),
                tuple((column, _test(text)) for column, text in rule.get("where", {}).items()),
            )
            for rule in listed
        )
    return rules


def _test(text: str) -> Test:
    """The test that a condition's text names."""
    if text in {"empty", "not empty"}:
        return (lambda value: not value) if text == "empty" else bool
    for name, compare in _NUMBER.items():
        if text.startswith(name):
            try:
                bound = Decimal(text.removeprefix(name).strip())
            except InvalidOperation:
                raise ValueError(f"{text!r} compares with no number") from None
            return lambda value: (number := decimal_of(value)) is not None and compare(number, bound)
    for name, holds in _TEXT.items():
        if text.startswith(f"{name} "):
            wanted = text.removeprefix(f"{name} ")
            return lambda value: holds(value, wanted)
    raise ValueError(f"{text!r} is no condition; use one of {', '.join(TESTS)}")


def decimal_of(value: Any) -> Decimal | None:
    """A value as a finite number; None where it is none."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def text_of(value: Any) -> str:
    """A value as the text that it is outside: 17850.0 of a column with gaps is 17850."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
