"""Form-encoded and multipart bodies: more parameters, and external tables.

A field without a file name is a parameter like one in the URL; a part with a file name is external data, a
temporary table of the part's name for this one statement. `curl -d` calls any body form-encoded, so a body
counts as a form only where all of it is `name=value`, and a query or a bound parameter is among them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from footfall.engine.exceptions import EngineError
from footfall.engine.protocol import whole

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM_LIMIT = 64 << 20
PARTS_LIMIT = 1000
SMALL = 1 << 20
URLENCODED = "application/x-www-form-urlencoded"
_FIELD = re.compile(rb"[A-Za-z_$][\w.$%-]*=|\Z")
_ASKS = re.compile(rb"(?:\A|&)(?:query|param_[^=&\s]+)=")


@dataclass(slots=True)
class Part:
    """One part of a multipart body."""

    name: str = ""
    filename: str | None = None
    data: bytes = b""


def is_form(body: bytes) -> bool:
    """Whether a body that calls itself form-encoded is one."""
    return bool(_FIELD.match(body) and _ASKS.search(body)) and all(map(_FIELD.match, body.split(b"&")))


def is_multipart(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/form-data")


def is_large(headers: Mapping[str, str]) -> bool:
    """Whether a request is a multipart body of more than a megabyte, or of nobody knows how much."""
    if not is_multipart(headers.get("content-type", "")):
        return False
    size = whole(headers.get("content-length", ""))
    return size is None or size > SMALL


def form(body: bytes) -> dict[str, str]:
    """The parameters of a form-encoded body."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000))
    except ValueError as error:
        raise EngineError(36, f"the form-encoded body cannot be read: {error}") from None


def multipart(content_type: str, body: bytes) -> tuple[dict[str, str], list[Part]]:
    """The parameters and the files of a multipart body."""
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise EngineError(36, "a multipart body needs a boundary in its Content-Type")
    collector = _Collector()
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise EngineError(36, f"the multipart body cannot be read: {error}") from None
    if not collector.ended:
        raise EngineError(36, "the multipart body ends too early")
    fields = {part.name: _text(part) for part in collector.parts if part.filename is None}
    return fields, [part for part in collector.parts if part.filename is not None]


def structure(part: Part, external: Mapping[str, str]) -> tuple[str, str]:
    """Columns and format of an external table, from `NAME_structure` or `NAME_types` and `NAME_format`."""
    if not re.fullmatch(r"[A-Za-z_]\w{0,127}", part.name):
        raise EngineError(36, f"{part.name[:100]!r} is no name for an external table")
    format = external.get(f"{part.name}_format", "TabSeparated")
    if columns := external.get(f"{part.name}_structure"):
        return columns, format
    if types := external.get(f"{part.name}_types"):
        return ", ".join(f"_{n} {kind}" for n, kind in enumerate(_split(types), 1)), format
    raise EngineError(
        36, f"Neither structure nor types provided for external table {part.name}: "
        f"send {part.name}_structure or {part.name}_types"
    )  # fmt: skip


def _split(types: str) -> list[str]:
    """Types at their commas, but not those within brackets."""
    parts, depth = [""], 0
    for letter in types:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _text(part: Part) -> str:
    try:
        return part.data.decode()
    except UnicodeDecodeError:
        raise EngineError(36, f"the form's field {part.name[:100]!r} is not UTF-8") from None


class _Collector:
    """Receives what the multipart parser finds."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._field = b""
        self._value = b""

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._on_part,
            "on_part_data": self._on_data,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_end": self._on_end,
        }

    def _on_part(self) -> None:
        if len(self.parts) >= PARTS_LIMIT:
            raise EngineError(36, f"a multipart body has {PARTS_LIMIT} parts at the most")
        self.parts.append(Part())

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += data[start:end]

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            options = parse_options_header(self._value)[1]
            self.parts[-1].name = options.get(b"name", b"").decode(errors="replace")
            filename = options.get(b"filename")
            self.parts[-1].filename = None if filename is None else filename.decode(errors="replace")
        self._field = self._value = b""

    def _on_end(self) -> None:
        self.ended = True
