"""What a page may say: fields of an event that harm nobody where they are forged.

A page says how long ago something happened (`age_ms`), not when: its clock may be wrong, and nobody rewrites
last month. Its ids of events are in a domain of their own, so that none takes the place of a server's; ids of
sessions and anonymous shoppers must be UUIDs, which nobody guesses. It cannot say which user it is: a forged
`user_id` would write into somebody's history, and with an `anonymous_id` beside it join two people. A server
that knows both sends both. Purchases are renamed, so that no figure counts them as one.
"""

import re
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from footfall.ingest.fields import Rejected
from footfall.ingest.keys import Key
from footfall.ingest.segment.names import GA4_EVENTS
from footfall.ingest.texts import doubled_name
from footfall.model import NO_PROPERTIES, Event, Id, Reason, derived_uuid

AGE_LIMIT_MS: Final = 86_400_000
PROPERTIES_LIMIT: Final = 8 << 10
UNVERIFIED: Final = {"purchase": "purchase_unverified"}
_FIELD: Final = re.compile(r"field `([^`]*)`")
_AT: Final = re.compile(r" - at `\$\.?([^`]*)`")


class PageEvent(Struct, kw_only=True, forbid_unknown_fields=True):
    """An event as a page sends it."""

    event_type: str
    event_id: str
    age_ms: int = 0
    anonymous_id: str | None = None
    session_id: str | None = None
    product_id: Id | None = None
    order_id: Id | None = None
    page_url: str | None = None
    referrer: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    search_term: str | None = None
    value: Decimal | None = None
    currency: str | None = None
    quantity: int | None = None
    duration_seconds: int | None = None
    properties: Raw = NO_PROPERTIES


_decode = msgspec.json.Decoder(PageEvent).decode


def event(raw: bytes, key: Key, visitor: str, now_ms: int) -> Event:
    """The event that a page's text stands for; raises `Rejected`. `visitor` holds where it says no id."""
    said = _decoded(raw)
    ga4 = GA4_EVENTS.get(said.event_type)
    event_type = ga4.event_type if ga4 else said.event_type
    if event_type not in key.event_types:
        told = f"this key may send {', '.join(key.event_types)}"
        raise Rejected(Reason.NOT_ALLOWED, "event_type", told)
    if not 0 <= said.age_ms <= AGE_LIMIT_MS:
        raise Rejected(Reason.OUT_OF_RANGE, "age_ms", f"age_ms must be from 0 to {AGE_LIMIT_MS}")
    if len(bytes(said.properties)) > PROPERTIES_LIMIT:
        raise Rejected(Reason.TOO_LARGE, "properties", f"properties are over {PROPERTIES_LIMIT} bytes")
    name = _uuid("event_id", said.event_id)
    if event_type == "purchase" and said.order_id is not None:
        name = f"order {said.order_id}"  # a page of thanks that is loaded again is no other purchase
    event_id = derived_uuid(b"page", f"{key.name} {name}".encode())
    session = derived_uuid(b"session", visitor.encode())
    return Event(
        event_type=UNVERIFIED.get(event_type, event_type),
        event_id=str(UUID(bytes=event_id)),
        event_timestamp=now_ms - said.age_ms,
        anonymous_id=visitor if said.anonymous_id is None else _uuid("anonymous_id", said.anonymous_id),
        session_id=str(UUID(bytes=session))
        if said.session_id is None
        else _uuid("session_id", said.session_id),
        product_id=said.product_id,
        order_id=said.order_id,
        page_url=said.page_url,
        referrer=said.referrer,
        utm_source=said.utm_source,
        utm_medium=said.utm_medium,
        utm_campaign=said.utm_campaign,
        search_term=said.search_term,
        value=said.value,
        currency=said.currency,
        quantity=said.quantity,
        duration_seconds=said.duration_seconds,
        properties=said.properties,
    )


def site(origin: str) -> str:
    """The site of an origin: its host, whatever the scheme and the port."""
    return urlsplit(origin).hostname or ""


def _decoded(raw: bytes) -> PageEvent:
    try:
        said, doubled = _decode(raw), doubled_name(raw)
    except msgspec.ValidationError as error:
        text = str(error)
        named, at = _FIELD.search(text), _AT.search(text)
        field = named[1] if named else at[1] if at else ""
        if "unknown field" in text:
            raise Rejected(Reason.NOT_ALLOWED, field, f"a page cannot say {field}; see docs/api.md") from None
        reason = Reason.MISSING_FIELD if "missing required" in text else Reason.INVALID_TYPE
        raise Rejected(reason, field, _AT.sub("", text)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Rejected(Reason.INVALID_JSON, "", "the event is no JSON") from None
    if doubled:
        raise Rejected(Reason.DUPLICATE_FIELD, doubled, f"{doubled} is given twice")
    return said


def _uuid(field: str, text: str) -> str:
    try:
        if len(text) == 36:
            return str(UUID(text))
    except ValueError:
        pass
    raise Rejected(Reason.INVALID_VALUE, field, f"{field} of a page must be a UUID")
