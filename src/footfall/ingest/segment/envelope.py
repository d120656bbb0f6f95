"""Envelopes: the body of a request of an SDK, and what it says of all its messages.

`/v1/batch` and `/v1/import` take `{"batch": […], "sentAt": …, "context": {…}, "writeKey": …}`, the other
paths take one message each. A body that is malformed somewhere is split by its brackets, so that it loses
nothing but what is malformed.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from footfall.errors import CallersFault
from footfall.ingest.segment.message import TYPES
from footfall.ingest.split import BOM, array
from footfall.ingest.texts import doubled_anywhere

BATCHES: Final = frozenset({"batch", "import"})
PATHS: Final = frozenset({*BATCHES, *TYPES})
_BATCH: Final = re.compile(rb'"batch"\s*:\s*(?=\[)')


class Envelope(Struct):
    """What a request says of all its messages. `type`: of the messages, where the path says it."""

    items: Sequence[bytes | Raw]
    type: str | None = None
    sent_at: Any = None
    context: dict[str, Any] = {}
    write_key: str | None = None


class _Batch(Struct, rename="camel"):
    batch: Raw = Raw(b"")
    sent_at: Any = None
    context: Any = None
    write_key: Any = None


_batch = msgspec.json.Decoder(_Batch)
_list = msgspec.json.Decoder(list[Raw])


def read(path: str, body: bytes) -> Envelope:
    """The envelope of a body sent to a path; raises `CallersFault` where it holds no messages."""
    text = body.removeprefix(BOM).strip(b" \t\r\n")
    if not text:
        raise _no_messages()
    if path not in BATCHES:
        head = _decoded(text)
        return Envelope([text], path, write_key=_text(head.write_key) if head else None)
    whole = _decoded(text)
    items: Sequence[bytes | Raw] = []
    frame, start = text, _BATCH.search(text)
    if whole is not None:
        items = _messages(whole.batch)
        if start:
            frame = text[: start.end()] + b"[]" + text[start.end() + len(memoryview(whole.batch)) :]
    elif start:
        items, rest = array(text[start.end() :])
        frame = text[: start.end()] + b"[]" + rest
        whole = _decoded(frame)
    if not items:
        raise _no_messages()
    if whole is None:
        return Envelope(items)
    _refuse_doubled(frame, text)
    context = whole.context if isinstance(whole.context, dict) else {}
    return Envelope(items, None, whole.sent_at, context, _text(whole.write_key))


def _messages(batch: Raw) -> Sequence[Raw]:
    try:
        return _list.decode(batch)
    except msgspec.DecodeError:  # it is no array
        return []


def _refuse_doubled(frame: bytes, text: bytes) -> None:
    """A name given twice is a mistake that JSON leaves open: of two batches, one would be lost.

    `frame`: the body without its messages; no JSON where they are not where they were looked for.
    """
    try:
        try:
            name = doubled_anywhere(frame)
        except ValueError:
            name = doubled_anywhere(text)
    except RecursionError:
        raise _unusable("the batch is nested too deep") from None
    if name:
        raise _unusable(f"the batch gives {name} twice")


def _decoded(text: bytes) -> _Batch | None:
    try:
        return _batch.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _no_messages() -> CallersFault:
    return _unusable('the body holds no messages: a batch is {"batch": [{"type": "track", …}, …]}')


def _unusable(message: str) -> CallersFault:
    return CallersFault(message, name="UNPROCESSABLE", code=422)
