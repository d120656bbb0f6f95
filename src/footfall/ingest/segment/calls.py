"""Calls: each type of message and what it comes to.

A `track` is an event, and what it says of an order and of products; `page` and `screen` are page views,
`group` is an event of its own. `identify` is a user, `alias` a link.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from footfall.ingest import fields
from footfall.ingest.fields import Rejected
from footfall.ingest.segment import columns
from footfall.ingest.segment.columns import found
from footfall.ingest.segment.message import Message, iso, mapping, moment
from footfall.ingest.segment.parts import Call, Parts, event_of, fitting, with_members
from footfall.ingest.segment.tracked import tracked
from footfall.model import NO_PROPERTIES, Reason, User


def parts_of(message: Message, type_: str, at: int, context: Mapping[str, Any]) -> Parts:
    """The parts of a message; `context`: its batch's. Raises `Rejected` where it comes to none."""
    if message.user_id in {None, ""} and (message.anonymous_id in {None, ""} or type_ == "alias"):
        needed = "userId" if type_ == "alias" else "userId or anonymousId"
        raise Rejected(Reason.MISSING_FIELD, "userId", f"{needed} is required")
    call = Call(
        at,
        message.user_id,
        message.anonymous_id,
        mapping("properties", message.properties),
        _text(message.properties),
        {**context, **mapping("context", message.context)},
        message.name,
    )
    match type_:
        case "track":
            if not message.event:
                raise Rejected(Reason.MISSING_FIELD, "event", "event is required: the event's name")
            return tracked(call, message.event)
        case "page" | "screen":
            return _viewed(call, message)
        case "group":
            return _grouped(call, message)
        case "identify":
            return _identified(call, message)
    if message.previous_id in {None, "", 0, "0"}:
        raise Rejected(Reason.MISSING_FIELD, "previousId", "previousId is required, and 0 is nobody")
    return Parts(previous_id=message.previous_id)


def _viewed(call: Call, message: Message) -> Parts:
    """The page view of `page` and `screen`."""
    more = {"name": message.name, "category": message.category}
    title = found(call.context, ("page.title",))
    if title is not None:
        more["title"] = title
    added = {name: value for name, value in more.items() if value and name not in call.properties}
    call.properties_raw = with_members(call.properties_raw, added)
    return Parts(event=event_of(call, "page_view", columns.EVENT | columns.PAGE))


def _grouped(call: Call, message: Message) -> Parts:
    if message.group_id in {None, ""}:
        raise Rejected(Reason.MISSING_FIELD, "groupId", "groupId is required")
    traits = _kept(mapping("traits", message.traits), columns.PRIVATE_GROUP_TRAITS)
    call.properties = {"group_id": message.group_id} | traits
    call.properties_raw = msgspec.json.encode(call.properties)
    return Parts(event=event_of(call, "group"))


def _identified(call: Call, message: Message) -> Parts:
    """The user with their traits; of a shopper who is still anonymous, an event with what is not private."""
    own = mapping("traits", message.traits)
    of_context = call.context.get("traits")
    traits = {**(of_context if isinstance(of_context, dict) else {}), **own}
    if message.user_id in {None, ""}:
        call.properties = _kept(traits)
        call.properties_raw = msgspec.json.encode(call.properties)
        return Parts(event=event_of(call, "identify"))
    assert message.user_id is not None
    values = {name: _trait(name, found(traits, paths)) for name, paths in columns.USER.items()}
    if values["name"] is None:
        names = (found(traits, ("firstName", "first_name")), found(traits, ("lastName", "last_name")))
        values["name"] = fitting("name", " ".join(part for part in names if isinstance(part, str))) or None
    kept = {name: value for name, value in _kept(traits).items() if not _has_column(name, values)}
    return Parts(
        user=User(
            user_id=message.user_id,
            anonymous_id=message.anonymous_id or None,
            updated_at=fields.as_datetime(call.at),
            properties=Raw(msgspec.json.encode(kept)) if kept else NO_PROPERTIES,
            **values,
        )
    )


def _kept(traits: Mapping[str, Any], private: Collection[str] = columns.PRIVATE_TRAITS) -> dict[str, Any]:
    """Traits without those that say who somebody is."""
    return {name: value for name, value in traits.items() if name not in private}


def _has_column(trait: str, values: Mapping[str, Any]) -> bool:
    """Whether a trait is held by a column already; a plan's own name is kept beside what it says."""
    return trait != "plan" and any(
        trait in paths and values[name] is not None for name, paths in columns.USER.items()
    )


def _trait(name: str, value: Any) -> Any:
    """A trait as its column holds it; None where it does not fit."""
    match name:
        case "is_premium":
            return value if isinstance(value, bool) else columns.PLANS.get(str(value).lower())
        case "age":
            whole = isinstance(value, int) and not isinstance(value, bool)
            return value if whole and 0 <= value <= 150 else None
        case "registration_date":
            try:
                return None if value is None else iso(moment(name, value))[:10]
            except Rejected:
                return None
    return fitting(name, value)


def _text(raw: Raw) -> bytes:
    text = bytes(raw)
    return b"" if text == b"null" else text
