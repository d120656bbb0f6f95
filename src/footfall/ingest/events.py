"""Events: from one item of a request to its row."""

from typing import Final

from msgspec.structs import asdict, astuple

from footfall.ingest import fields
from footfall.ingest.enrich import enrich
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.lanes import EVENTS, IDENTITIES, month_of
from footfall.ingest.outcome import Entry, Occurrences, Sender
from footfall.ingest.texts import NAME_END, doubled_name, names
from footfall.model import NO_PROPERTIES, Event, Reason, anonymous_number, numeric_id, uuid_bytes

UINT32: Final = (1 << 32) - 1
_FIELDS: Final = len(Event.__struct_fields__)


def entries(item: Event, raw: bytes, sender: Sender, rules: Rules, occurrences: Occurrences) -> list[Entry]:
    """The event's row, and the link of an anonymous id to a user where it names both."""
    event_type = type_name(item.event_type)
    if item.user_agent is not None or item.client_ip is not None:
        enrich(item, rules.countries)
        event_type = item.event_type
    if len(raw) > fields.TEXT_LIMIT:
        fields.check_lengths(asdict(item).items())
    now = sender.now_ms
    if item.event_timestamp is None:
        at = now
    else:
        at = fields.time_ms("event_timestamp", item.event_timestamp)
        if sender.sent_ms is not None:
            at = sender.moment(at, fields.oldest_ms(now, rules.events_ttl_days))
        fields.check_age("event_timestamp", at, now, rules.events_ttl_days, "FOOTFALL_EVENTS_TTL_DAYS")
    day = at // 86_400_000

    user_id = 0 if item.user_id is None else numeric_id(fields.id_text("user_id", item.user_id))
    rules.known("user_id", user_id)
    links: list[Entry] = []
    if item.anonymous_id is not None:
        anonymous = anonymous_number(fields.id_text("anonymous_id", item.anonymous_id))
        rules.known("anonymous_id", anonymous)
        if user_id and anonymous:
            links.append(link(anonymous, user_id, at))
        user_id = user_id or anonymous

    if item.event_id is None:
        key = occurrences.key(b"event", raw)
    else:
        key = uuid_bytes(fields.required_id("event_id", item.event_id))
    value = fields.amount("value", item.value)
    revenue = received(fields.amount("revenue", item.revenue), event_type)
    sent = item.properties
    row = (
        key,
        event_type,
        at,
        day,
        user_id,
        _id("session_id", item.session_id),
        0 if item.product_id is None else numeric_id(fields.id_text("product_id", item.product_id)),
        _id("order_id", item.order_id),
        item.page_url or "",
        item.referrer or "",
        item.utm_source or "",
        item.utm_medium or "",
        item.utm_campaign or "",
        item.search_term or "",
        item.device_type or "",
        item.browser or "",
        fields.country(item.country),
        revenue,
        value,
        fields.currency(item.currency, rules),
        0 if item.quantity is None else fields.whole("quantity", item.quantity, 0, UINT32),
        0
        if item.duration_seconds is None
        else fields.whole("duration_seconds", item.duration_seconds, 0, UINT32),
        b"" if sent is NO_PROPERTIES and item.country is None else fields.properties(sent, item.country),
        now,
    )
    return [Entry(EVENTS.name, key, b"", row, month_of(day)), *links]


def link(anonymous: int, user_id: int, at: int) -> Entry:
    """The row of identities that says who an anonymous shopper turned out to be; the last one holds."""
    row = (anonymous, user_id, at)
    return Entry(IDENTITIES.name, anonymous.to_bytes(16), user_id.to_bytes(8), row, 0)


def _id(field: str, value: str | int | None) -> str:
    return "" if value is None else fields.id_text(field, value)


def type_name(event_type: str) -> str:
    """A type of event as the store may hold it."""
    if not event_type or len(event_type) > fields.NAME_LIMIT or not event_type.isprintable():
        raise Rejected(
            Reason.INVALID_VALUE,
            "event_type",
            f"event_type must be 1 to {fields.NAME_LIMIT} printable letters",
        )
    return event_type


def received(revenue: int, event_type: str) -> int:
    """Revenue is money received: it stands on purchases and, negative, on refunds alone."""
    if revenue:
        if event_type not in {"purchase", "refund"}:
            raise Rejected(
                Reason.REVENUE_NOT_ALLOWED,
                "revenue",
                "revenue is money received: it stands on purchase and refund; use value for what it is worth",
            )
        if (revenue > 0) != (event_type == "purchase"):
            wanted = "positive" if event_type == "purchase" else "negative"
            raise Rejected(Reason.INVALID_MONEY, "revenue", f"revenue of a {event_type} is {wanted}")
    return revenue


def doubled(item: Event, raw: bytes) -> str:
    """A name that the text of an event gives twice; "" where there is none.

    As many names as fields that were given: then none is doubled, and the text need not be read again.
    """
    nested = bytes(item.properties)
    given = _FIELDS - 1 - astuple(item).count(None) + (nested != b"")
    if 0 <= names(raw) - nested.count(NAME_END) <= given:
        return ""
    return doubled_name(raw)
