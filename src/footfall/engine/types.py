"""Type names in a statement's text: what reader, analyst and writer may cast to, bind as, or send.

States of aggregate functions are refused: made from bytes that somebody chose, they are read by code that
expects its own output.
"""

from collections.abc import Iterator

from footfall.engine.exceptions import ACCESS_DENIED, EngineError
from footfall.engine.statement import Token, tokens

DEPTH_LIMIT = 100


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLAIN = _words(
    """
    int8 int16 int32 int64 int128 int256 uint8 uint16 uint32 uint64 uint128 uint256 float32 float64 bfloat16
    bool boolean string date date32 datetime datetime32 time uuid ipv4 ipv6 nothing dynamic json
    intervalnanosecond intervalmicrosecond intervalmillisecond intervalsecond intervalminute intervalhour
    intervalday intervalweek intervalmonth intervalquarter intervalyear
    tinyint smallint mediumint int integer bigint signed unsigned float double real text timestamp
    """
)
_WITH_NUMBERS = _words(
    "decimal decimal32 decimal64 decimal128 decimal256 numeric dec fixedstring datetime datetime64 time64 "
    "enum enum8 enum16 char varchar"
)
_WITH_TYPES = _words("array nullable lowcardinality map variant tuple")


class _Types:
    """Reads types from tokens, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: Iterator[Token] = tokens(text.encode())
        self._next = next(self._tokens, None)

    def word(self) -> str:
        token = self._take()
        if token.kind not in ("word", "quoted"):
            raise self.refusal()
        return token.text.decode()

    def mark(self, *marks: bytes) -> bytes:
        token = self._take()
        if token.text not in marks:
            raise self.refusal()
        return token.text

    def at(self, mark: bytes) -> bool:
        return self._next is not None and self._next.text == mark

    def ended(self) -> bool:
        return self._next is None

    def type(self) -> None:
        """One type with its arguments."""
        if self._next is not None and self._next.depth > DEPTH_LIMIT:
            raise self.refusal()
        name = self.word().lower()
        if not self.at(b"("):
            if name not in _PLAIN and name not in _WITH_NUMBERS:
                raise self.refusal()
            return
        self.mark(b"(")
        if name in _WITH_NUMBERS:
            self._values()
        elif name in _WITH_TYPES:
            self._types(named=name == "tuple")
        else:
            raise self.refusal()

    def refusal(self) -> EngineError:
        return EngineError(ACCESS_DENIED, f"the type {self._text[:200]!r} is not allowed here")

    def _types(self, *, named: bool) -> None:
        while True:
            if named and self._is_name():
                self.word()
            self.type()
            if self.mark(b",", b")") == b")":
                return

    def _is_name(self) -> bool:
        """Whether the word ahead names an element: no type follows a type."""
        name = (self._next.text if self._next is not None else b"").decode().lower()
        return name not in _PLAIN | _WITH_NUMBERS | _WITH_TYPES

    def _values(self) -> None:
        """Numbers, texts and the pairs of an Enum."""
        while True:
            token = self._take()
            if token.text == b")":
                return
            if token.kind not in ("number", "string") and token.text not in (b",", b"=", b"-"):
                raise self.refusal()

    def _take(self) -> Token:
        token = self._next
        if token is None:
            raise self.refusal()
        self._next = next(self._tokens, None)
        return token


def check_type(text: str) -> None:
    """Raises `EngineError` 497 unless `text` is one harmless type."""
    types = _Types(text)
    types.type()
    if not types.ended():
        raise types.refusal()


def check_structure(text: str) -> None:
    """Raises `EngineError` 497 unless `text` is a list of `name type`, without defaults or anything else."""
    types = _Types(text)
    while True:
        types.word()
        types.type()
        if types.ended():
            return
        types.mark(b",")
