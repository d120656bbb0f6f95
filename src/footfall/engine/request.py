"""What a request carries: its statement, wherever it stands, the data behind it, and external tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from footfall.engine import codecs, forms, protocol, statement
from footfall.engine.body import Body, Rejoined, read_up_to
from footfall.engine.codecs import Reader
from footfall.engine.exceptions import SYNTAX_ERROR, EngineError
from footfall.engine.protocol import Ask
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
    encoding = headers.get("content-encoding", "")
    await body.receive_small()
    if forms.is_multipart(kind):
        await body.receive_all(forms.FORM_LIMIT)
        return _multipart(url, headers, kind, read_up_to(codecs.decoder(encoding, body), forms.FORM_LIMIT))
    reader = codecs.decoder(encoding, body)
    if kind.lower().startswith(forms.URLENCODED) and body.complete:
        content = read_up_to(reader, forms.FORM_LIMIT)
        if forms.is_form(content):
            ask = protocol.ask(forms.form(content) | dict(url), headers)
            return Request(ask, _parse(ask.query.encode(errors="surrogateescape"), ask))
        reader = Rejoined(content, reader)
    ask = protocol.ask(url, headers)
    query = ask.query.encode(errors="surrogateescape")
    if query:
        given = statement.parse(query)
        if given.kind is Kind.INSERT:
            data = given.data or b""
            return Request(ask, given, Rejoined(data + b"\n" if data.strip() else b"", reader))
        query += b"\n"
    head = read_up_to(reader, ask.query_limit + 1)
    given = statement.parse(query + head)
    if given.kind is Kind.INSERT:
        return Request(ask, given, Rejoined(given.data or b"", reader))
    if not body.complete:
        await body.receive_all(ask.query_limit)
        head += read_up_to(reader, ask.query_limit + 1)
    return Request(ask, _parse(query + head, ask))


def _parse(text: bytes, ask: Ask) -> Statement:
    if len(text) > ask.query_limit + 1:
        raise EngineError(SYNTAX_ERROR, f"Max query size exceeded: {ask.query_limit} bytes (max_query_size)")
    given = statement.parse(text)
    if not given.first_word and next(statement.tokens(text), None) is None:
        raise EngineError(SYNTAX_ERROR, "Syntax error: Empty query")
    return given


def _multipart(url: Mapping[str, str], headers: Mapping[str, str], kind: str, content: bytes) -> Request:
    fields, files = forms.multipart(kind, content)
    ask = protocol.ask(fields | dict(url), headers, multipart=True)
    tables = tuple((part.name, *forms.structure(part, ask.external), part.data) for part in files)
    given = _parse(ask.query.encode(errors="surrogateescape"), ask)
    if given.kind is Kind.INSERT:
        return Request(ask, given, Rejoined(given.data or b"", None), tables)
    return Request(ask, given, None, tables)
