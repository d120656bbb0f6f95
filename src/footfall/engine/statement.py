"""The outer shape of a statement, found by its tokens: its kind, its FORMAT clause, where its data begins.

This is no parser and no guard: it tells how a statement is to be run (streamed, buffered, as an insert with
data behind it). What reader, analyst and writer may run is decided in `guard` on the engine's own parse.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from footfall.engine.exceptions import SYNTAX_ERROR, EngineError

_TOKEN = re.compile(
    rb"""
      (?P<blank> (?: [\s\x00] | \xc2[\x85\xa0] | \xe1\x9a\x80 | \xe1\xa0\x8e | \xe2\x80[\x80-\x8d\xa8\xa9\xaf]
                   | \xe2\x81[\x9f\xa0] | \xe3\x80\x80 | \xef\xbb\xbf )+
                  | --[^\n]* | \#[ !][^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<string> '(?:[^'\\]|\\.|'')*(?:'|\Z) | \xe2\x80\x98.*?(?:\xe2\x80\x99|\Z) )
    | (?P<heredoc> \$\w*\$ )
    | (?P<quoted> "(?:[^"\\]|\\.|"")*(?:"|\Z) | `(?:[^`\\]|\\.|``)*(?:`|\Z)
                  | \xe2\x80\x9c.*?(?:\xe2\x80\x9d|\Z) )
    | (?P<word> [A-Za-z_][\w$]* )
    | (?P<number> [0-9][\w.]* )
    | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)

UNCLOSED_LIMIT = 100
READ_ONLY = b"\nSETTINGS readonly = 2 "

_SHORT = 2048


class Kind(Enum):
    """How a statement is run."""

    SELECT = "streams rows"
    READ = "answers with few rows and changes nothing"
    INSERT = "takes data behind it"
    OTHER = "everything else"


_KINDS = {
    **dict.fromkeys((b"SELECT", b"WITH", b"FROM"), Kind.SELECT),
    **dict.fromkeys((b"SHOW", b"DESCRIBE", b"DESC", b"EXPLAIN", b"EXISTS"), Kind.READ),
    b"INSERT": Kind.INSERT,
}


@dataclass(frozen=True, slots=True)
class Token:
    """A token that means something, with its place and how many brackets are open around it."""

    kind: str
    text: bytes
    start: int
    end: int
    depth: int

    def is_word(self, *words: bytes) -> bool:
        return self.kind == "word" and self.text.upper() in words


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: `text` up to its data, the `format` it names, `data` as far as it came with it."""

    kind: Kind
    text: bytes
    format: str | None = None
    data: bytes | None = None
    first_word: bytes = b""
    splice: int = 0
    has_input: bool = False
    """Whether it is an INSERT … SELECT that reads its data through `input(…)`."""

    def into(self, path: str, format: str) -> bytes:
        """The text of a SELECT with its rows going to `path`, in its own format or else in `format`."""
        outfile = f"\nINTO OUTFILE '{path}' APPEND ".encode()
        clause = b"" if self.format else f"FORMAT {format}".encode()
        return self.text[: self.splice] + outfile + clause + b"\n" + self.text[self.splice :]

    def only_reading(self) -> "Statement":
        """The statement under a setting with which the engine itself refuses it where it would write."""
        text = self.text[: self.splice] + READ_ONLY + self.text[self.splice :]
        return replace(self, text=text, splice=self.splice + len(READ_ONLY))

    def with_text(self, text: bytes) -> "Statement":
        return replace(self, text=text)


def tokens(text: bytes) -> Iterator[Token]:
    """The tokens of a statement without blanks and comments."""
    depth = at = unclosed = 0
    while found := _TOKEN.match(text, at):
        start, at, kind, token = found.start(), found.end(), found.lastgroup or "mark", found.group()
        if kind == "blank":
            continue
        if kind == "heredoc":
            closed = text.find(token, at)
            at = closed + len(token) if closed >= 0 else start + 1
            kind = kind if closed >= 0 else "mark"
            token = text[start:at]
            unclosed += closed < 0
            if unclosed > UNCLOSED_LIMIT:  # each costs a search to the end
                raise EngineError(SYNTAX_ERROR, "Syntax error: too many heredocs without an end")
        if token in (b")", b"]", b"}"):
            depth -= 1
        yield Token(kind, token, start, at, depth)
        if token in (b"(", b"[", b"{"):
            depth += 1


def parse(text: bytes, longest: int | None = None) -> Statement:
    """Finds the outer shape of a statement; what is no statement is left for the engine to refuse.

    Raises `EngineError` 62 where it is no INSERT and longer than `longest` bytes.
    """
    if len(text) <= min(_SHORT, _SHORT if longest is None else longest):
        return _parse_short(text)
    return _parse(text, longest)


@lru_cache(1024)
def _parse_short(text: bytes) -> Statement:
    """Short statements come again and again."""
    return _parse(text, None)


def _parse(text: bytes, longest: int | None) -> Statement:
    stream = tokens(text)
    listed = list(_opening(stream))
    word = listed[-1].text.upper() if listed and listed[-1].kind == "word" else b""
    if word == b"INSERT":
        return _insert(text, stream)
    if longest is not None and len(text) > longest:
        raise EngineError(SYNTAX_ERROR, f"Max query size exceeded: {longest} bytes (max_query_size)")
    for token in stream:
        before = listed[-1] if listed else token
        if word == b"WITH" and token.is_word(b"INTO") and before.is_word(b"INSERT") and before.depth == 0:
            return _insert(text, stream, before.start)
        listed.append(token)
    kind = _KINDS.get(word, Kind.OTHER)
    return _with_output(Statement(kind, text, first_word=word), listed)


def _opening(stream: Iterator[Token]) -> Iterator[Token]:
    """The brackets that a statement may begin with, and its first word."""
    for token in stream:
        yield token
        if token.text != b"(":
            return


def infile_or_outfile(statement: Statement) -> str | None:
    """`INTO OUTFILE` or `FROM INFILE` where the statement says so: clauses that only clients run."""
    if b"FILE" not in statement.text.upper():
        return None
    previous = b""
    for token in tokens(statement.text):
        word = token.text.upper() if token.kind == "word" else b""
        if (previous, word) in ((b"INTO", b"OUTFILE"), (b"FROM", b"INFILE")):
            return f"{previous.decode()} {word.decode()}"
        previous = word
    return None


def time_zone(statement: Statement) -> str | None:
    """The session's time zone that a SET or a SETTINGS clause chooses; empty for the server's."""
    if b"session_timezone" not in statement.text:
        return None
    sets = False
    before: tuple[bytes, bytes] = (b"", b"")
    for token in tokens(statement.text):
        sets = sets or token.is_word(b"SET", b"SETTINGS")
        if sets and before == (b"session_timezone", b"=") and token.is_word(b"DEFAULT"):
            return ""
        if sets and before == (b"session_timezone", b"=") and token.kind == "string":
            return token.text.strip(b"'").decode(errors="replace")
        before = (before[1], token.text)
    return None


def _with_output(statement: Statement, listed: list[Token]) -> Statement:
    while listed and listed[-1].text == b";":
        listed.pop()
    if any(token.text == b";" for token in listed):
        raise EngineError(SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed)")
    end = listed[-1].end if listed else len(statement.text)
    for at in range(len(listed) - 2, 0, -1):
        token, name = listed[at], listed[at + 1]
        if token.depth == 0 and token.is_word(b"FORMAT") and name.kind in ("word", "quoted"):
            after = listed[at + 2] if at + 2 < len(listed) else None
            if after is None or after.is_word(b"SETTINGS"):
                format = name.text.strip(b'`"').decode(errors="replace")
                return replace(statement, format=format, splice=token.start)
    return replace(statement, splice=end)


def _insert(text: bytes, stream: Iterator[Token], start: int = 0) -> Statement:
    """Cuts an INSERT into its head and its data; an INSERT without data behind it is like any statement.

    Tokens are read no further than the head: data is none of our business. What is before `start`, a WITH,
    is of use to a SELECT only.
    """
    other = Statement(Kind.OTHER, text, first_word=b"INSERT")
    token = next(stream, None)
    while token is not None and token.is_word(b"INTO", b"TABLE", b"FUNCTION"):
        token = next(stream, None)
    while token is not None:  # the name, whatever it is called
        token = next(stream, None)
        if token is None or token.text != b".":
            break
        token = next(stream, None)
    previous = None
    while token is not None:
        if token.is_word(b"SELECT", b"WITH") and (token.depth == 0 or (previous and previous.text == b"(")):
            return _select_from_input(text, stream) or other
        if token.depth == 0 and token.is_word(b"FROM"):
            return other
        if token.depth == 0 and token.is_word(b"VALUES"):
            return Statement(Kind.INSERT, text[start : token.start], "Values", text[token.end :], b"INSERT")
        if token.depth == 0 and token.is_word(b"FORMAT") and (name := next(stream, None)) is not None:
            return _with_data(text, token, name, start)
        previous, token = token, next(stream, None)
    return other


def _with_data(text: bytes, clause: Token, name: Token, start: int = 0) -> Statement:
    """An INSERT that ends at its FORMAT clause, with the data behind it."""
    data = re.sub(rb"\A[ \t\f]*\r?\n?", b"", text[name.end :], count=1)
    return Statement(Kind.INSERT, text[start : clause.start], name.text.decode(), data, b"INSERT")


def _select_from_input(text: bytes, stream: Iterator[Token]) -> Statement | None:
    """The rest of an INSERT … SELECT, where that reads from `input(…)`."""
    has_input, previous = False, None
    for token in stream:
        has_input = has_input or _calls_input(previous, token)
        if token.depth == 0 and token.is_word(b"FORMAT") and (name := next(stream, None)) is not None:
            return replace(_with_data(text, token, name), has_input=True) if has_input else None
        previous = token
    return None


def _calls_input(word: Token | None, bracket: Token) -> bool:
    return word is not None and word.is_word(b"INPUT") and bracket.text == b"("


def input_of(text: bytes) -> tuple[bytes, bytes, bytes]:
    """A statement cut at its `input(…)`: what is before it, its arguments, what is behind it."""
    previous: Token | None = None
    bracket: Token | None = None
    for token in tokens(text):
        if bracket is None and previous is not None and _calls_input(previous, token):
            before, bracket = text[: previous.start], token
        elif bracket is not None and token.text == b")" and token.depth == bracket.depth:
            return before, text[bracket.end : token.start], text[token.end :]
        previous = token
    raise EngineError(SYNTAX_ERROR, "Syntax error: input(…) is not closed")
