"""A message: one call of an SDK (`track`, `page`, …) as JSON, its fields checked, its moment by our clock.

Unknown fields are let pass, as Segment does. What must be of one type (ids, names, objects) is refused
otherwise, by the name that the sender gave it.
"""

import math
import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from footfall.ingest import fields
from footfall.ingest.clock import corrected
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.outcome import Sender
from footfall.ingest.texts import ITEM_LIMIT, doubled_anywhere, doubled_name, malformed, names
from footfall.model import Id, Reason

TYPES: Final = ("track", "page", "screen", "identify", "group", "alias")
_EMPTY: Final = Raw(b"")
_AT: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`")


class Message(Struct, rename="camel"):
    """The fields of a message that we read; `user_id` is `userId` there, and so on."""

    type: str | None = None
    message_id: Id | None = None
    user_id: Id | None = None
    anonymous_id: Id | None = None
    previous_id: Id | None = None
    group_id: Id | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    properties: Raw = _EMPTY
    traits: Raw = _EMPTY
    context: Raw = _EMPTY
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    received_at: Any = None


_message = msgspec.json.Decoder(Message)
_any = msgspec.json.Decoder()
_NAMES: Final = tuple(f'"{name}"'.encode() for name in Message.__struct_encode_fields__)


def decode(raw: bytes) -> Message:
    """The message; raises `Rejected` where its text or one of its fields is no good."""
    if len(raw) > ITEM_LIMIT:
        raise Rejected(Reason.TOO_LARGE, "", f"the message is over {ITEM_LIMIT} bytes")
    try:
        raw.decode()
        message = _message.decode(raw)
    except UnicodeDecodeError as error:
        told = f"the text is not UTF-8 (byte {error.start} of the message)"
        raise Rejected(Reason.INVALID_UNICODE, "", told) from None
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from None
    except msgspec.DecodeError as error:
        raise malformed(raw, str(error)) from None
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP, "", "the message is nested too deep") from None
    if any(raw.count(name) > 1 for name in _NAMES) and (name := doubled_name(raw)):
        raise Rejected(Reason.DUPLICATE_FIELD, name, f"{name} is given twice")
    return message


def mapping(field: str, raw: Raw) -> dict[str, Any]:
    """The object in a field; {} where there is none. No object in it gives a name twice."""
    text = bytes(raw)
    if text in {b"", b"null"}:
        return {}
    if len(text) > fields.PROPERTIES_LIMIT:
        raise Rejected(Reason.TOO_LARGE, field, f"{field} are over {fields.PROPERTIES_LIMIT} bytes")
    try:
        value = _any.decode(text)
        whole = isinstance(value, dict) and _members(value) == names(text)
        doubled = "" if whole else doubled_anywhere(text)
    except msgspec.ValidationError:
        raise Rejected(Reason.OUT_OF_RANGE, field, f"{field} hold a number that is too large") from None
    except msgspec.DecodeError as error:
        raise malformed(text, str(error)) from None
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP, field, f"{field} are nested too deep") from None
    if not isinstance(value, dict):
        raise Rejected(Reason.INVALID_TYPE, field, f"{field} must be an object")
    if doubled:
        raise Rejected(Reason.DUPLICATE_FIELD, f"{field}.{doubled}", f"{field}: {doubled} is given twice")
    return value


def _members(value: Any) -> int:
    """How many names the objects of an object or a list have."""
    count = 0
    if isinstance(value, dict):
        count, value = len(value), value.values()
    for part in value:
        if isinstance(part, dict | list):
            count += _members(part)
    return count


def happened_at(message: Message, envelope_sent_at: Any, sender: Sender, rules: Rules) -> int:
    """When it happened, in milliseconds since 1970: `timestamp`, else `originalTimestamp`, else now.

    Moved by the difference between the sender's clock and ours where `sentAt` tells it; of a message that
    another server has received (it says `receivedAt`), `timestamp` is by that server's clock already.
    """
    given = message.timestamp or message.original_timestamp
    if given is None:
        return sender.now_ms
    at = moment("timestamp" if message.timestamp else "originalTimestamp", given)
    if message.received_at is not None:
        return at
    oldest = fields.oldest_ms(sender.now_ms, rules.events_ttl_days)
    return corrected(at, sent(message.sent_at or envelope_sent_at), sender.now_ms, oldest)


def sent(value: Any) -> int | None:
    """The moment of sending; None where there is none that can be read: it only serves to correct others."""
    try:
        return None if value is None else moment("sentAt", value)
    except Rejected:
        return None


def moment(field: str, value: Any) -> int:
    """ISO 8601 (UTC where it names no zone), or a number of seconds or milliseconds since 1970."""
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            told = f"{field} must be ISO 8601, such as 2025-01-31T12:00:00.000Z"
            raise Rejected(Reason.INVALID_TIMESTAMP, field, told) from None
        return fields.time_ms(field, read if read.tzinfo else read.replace(tzinfo=UTC))
    number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    if number and not isinstance(value, bool):
        return fields.time_ms(field, value)
    raise Rejected(Reason.INVALID_TIMESTAMP, field, f"{field} must be a time in ISO 8601")


def iso(ms: int) -> str:
    """A time as SDKs write it."""
    text = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{ms % 1000:03d}Z"


def _explain(text: str) -> Rejected:
    """What msgspec found wrong with a field, in our words."""
    at = _AT.search(text)
    field = at["path"] if at else ""
    told = _AT.sub("", text)
    if "out of range" in told:
        return Rejected(Reason.OUT_OF_RANGE, field, f"{field or 'the message'} holds a number too large")
    if not field:
        return Rejected(Reason.NOT_AN_OBJECT, "", "a message must be a JSON object")
    return Rejected(Reason.INVALID_TYPE, field, f"{field}: {told[0].lower()}{told[1:]}")
