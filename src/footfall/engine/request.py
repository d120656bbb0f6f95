"""What a request carries: its statement, wherever it stands, the data behind it, and external tables."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from footfall.engine import codecs, forms, protocol, statement
from footfall.engine.blocks import Unblock
from footfall.engine.body import Body, NotYet
from footfall.engine.exceptions import SYNTAX_ERROR, EngineError
from footfall.engine.protocol import Ask
from footfall.engine.reading import Reader, Rejoined, read_up_to
from footfall.engine.statement import Kind, Statement

FORM_LIMIT = 4 << 20
SHORT = 8192
Tables = tuple[tuple[str, str, str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, understood: `data` is what an INSERT reads; `tables` are name, columns, format, rows."""

    ask: Ask
    statement: Statement
    data: Reader | None = None
    tables: Tables = ()


def parameters(query_string: bytes) -> dict[str, str]:
    """The URL's parameters; the first of a name counts."""
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, errors="surrogateescape")
    except ValueError as error:
        raise EngineError(36, f"the URL cannot be read: {error}") from None
    for name, value in pairs:
        found.setdefault(name, value)
    return found


async def read(url: Mapping[str, str], headers: Mapping[str, str], body: Body, longest: int) -> Request:
    """Reads as much of a body as it takes to know its statement, of `longest` bytes at the most.

    What takes long happens in a thread: the event loop serves everybody.
    """
    kind = headers.get("content-type", "")
    await body.receive_small()
    if forms.is_multipart(kind):
        await body.receive_all(forms.FORM_LIMIT)
        reader = codecs.decoder(headers.get("content-encoding", ""), body)
        return await asyncio.to_thread(_multipart, url, headers, kind, reader, longest)
    ask = _bounded(protocol.ask(url, headers), longest)
    packed = _Packed(headers.get("content-encoding", ""), ask.blocks_in, ask.checksums)
    query = ask.query.encode(errors="surrogateescape")
    given = await _outline(query, ask) if query else None
    if given is not None and given.kind is Kind.INSERT:
        here = given.data or b""
        return Request(ask, given, Rejoined(here + b"\n" if here.strip() else b"", packed.open(body)))
    may_be_form = kind.lower().startswith(forms.URLENCODED) and body.complete
    head, rest = await _beginning(body, packed, FORM_LIMIT if may_be_form else ask.query_limit + 1)
    if may_be_form and forms.is_form(head):
        ask = _bounded(protocol.ask(forms.form(head) | dict(url), headers), longest)
        query, head = ask.query.encode(errors="surrogateescape"), b""
    text = query + b"\n" + head if query else head
    given = _not_empty(text, await _outline(text, ask))
    data = Rejoined(given.data or b"", rest) if given.kind is Kind.INSERT else None
    return Request(ask, given, data)


def _bounded(ask: Ask, longest: int) -> Ask:
    return ask if ask.query_limit <= longest else replace(ask, query_limit=longest)


async def _outline(text: bytes, ask: Ask) -> Statement:
    if len(text) < SHORT:
        return statement.parse(text, ask.query_limit + 1)
    return await asyncio.to_thread(statement.parse, text, ask.query_limit + 1)


@dataclass(frozen=True, slots=True)
class _Packed:
    """How a body is packed: an encoding outside, ClickHouse's blocks within."""

    encoding: str
    blocks: bool = False
    checksums: bool = True

    def open(self, source: Reader) -> Reader:
        reader = codecs.decoder(self.encoding, source)
        return Unblock(reader, checksums=self.checksums) if self.blocks else reader


async def _beginning(body: Body, packed: _Packed, size: int) -> tuple[bytes, Reader]:
    """The first `size` bytes of what a body holds, and a reader of the rest."""
    while True:
        reader = packed.open(body)
        try:
            if body.complete and not (packed.encoding or packed.blocks):
                return read_up_to(reader, size), reader
            return await asyncio.to_thread(read_up_to, reader, size), reader
        except NotYet:
            await body.receive_more()


def _not_empty(text: bytes, given: Statement) -> Statement:
    if not given.first_word and next(statement.tokens(text), None) is None:
        raise EngineError(SYNTAX_ERROR, "Syntax error: Empty query")
    return given


def _multipart(
    url: Mapping[str, str], headers: Mapping[str, str], kind: str, reader: Reader, longest: int
) -> Request:
    fields, files = forms.multipart(kind, read_up_to(reader, forms.FORM_LIMIT))
    ask = _bounded(protocol.ask(fields | dict(url), headers, {part.name for part in files}), longest)
    tables = tuple((part.name, *forms.structure(part, ask.external), part.data) for part in files)
    query = ask.query.encode(errors="surrogateescape")
    given = _not_empty(query, statement.parse(query, ask.query_limit + 1))
    if given.kind is Kind.INSERT:
        return Request(ask, given, Rejoined(given.data or b"", None), tables)
    return Request(ask, given, None, tables)
