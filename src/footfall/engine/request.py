"""What a request carries: its statement, wherever it stands, the data behind it, and external tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from footfall.engine import codecs, forms, protocol, statement
from footfall.engine.blocks import Unblock
from footfall.engine.body import Body, NotYet
from footfall.engine.exceptions import SYNTAX_ERROR, EngineError
from footfall.engine.protocol import Ask
from footfall.engine.reading import Reader, Rejoined, read_up_to
from footfall.engine.statement import Kind, Statement

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


async def read(url: Mapping[str, str], headers: Mapping[str, str], body: Body) -> Request:
    """Reads as much of a body as it takes to know its statement."""
    kind = headers.get("content-type", "")
    await body.receive_small()
    if forms.is_multipart(kind):
        await body.receive_all(forms.FORM_LIMIT)
        content, _ = await _beginning(body, _Packed(headers.get("content-encoding", "")), forms.FORM_LIMIT)
        return _multipart(url, headers, kind, content)
    ask = protocol.ask(url, headers)
    packed = _Packed(headers.get("content-encoding", ""), ask.blocks_in, ask.checksums)
    given = statement.parse(ask.query.encode(errors="surrogateescape")) if ask.query else None
    if given is not None and given.kind is Kind.INSERT:
        data = given.data or b""
        return Request(ask, given, Rejoined(data + b"\n" if data.strip() else b"", packed.open(body)))
    may_be_form = kind.lower().startswith(forms.URLENCODED) and body.complete
    limit = forms.FORM_LIMIT if may_be_form else ask.query_limit + 1
    head, rest = await _beginning(body, packed, limit)
    if may_be_form and forms.is_form(head):
        ask = protocol.ask(forms.form(head) | dict(url), headers)
        return Request(ask, _parse(ask.query.encode(errors="surrogateescape"), ask))
    query = ask.query.encode(errors="surrogateescape") + b"\n" if ask.query else b""
    given = statement.parse(query + head)
    if given.kind is Kind.INSERT:
        return Request(ask, given, Rejoined(given.data or b"", rest))
    return Request(ask, _parse(query + head, ask))


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
            return read_up_to(reader, size), reader
        except NotYet:
            await body.receive_more()


def _parse(text: bytes, ask: Ask) -> Statement:
    if len(text) > ask.query_limit + 1:
        raise EngineError(SYNTAX_ERROR, f"Max query size exceeded: {ask.query_limit} bytes (max_query_size)")
    given = statement.parse(text)
    if not given.first_word and next(statement.tokens(text), None) is None:
        raise EngineError(SYNTAX_ERROR, "Syntax error: Empty query")
    return given


def _multipart(url: Mapping[str, str], headers: Mapping[str, str], kind: str, content: bytes) -> Request:
    fields, files = forms.multipart(kind, content)
    ask = protocol.ask(fields | dict(url), headers, {part.name for part in files})
    tables = tuple((part.name, *forms.structure(part, ask.external), part.data) for part in files)
    given = _parse(ask.query.encode(errors="surrogateescape"), ask)
    if given.kind is Kind.INSERT:
        return Request(ask, given, Rejoined(given.data or b"", None), tables)
    return Request(ask, given, None, tables)
