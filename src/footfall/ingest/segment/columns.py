"""The tables of fields: where each of our fields is found in a message, by dotted paths; the first holds.

A value that does not fit its field is left where it is, in the properties; what is money of an order is
refused instead (`goods`). Nothing else of `context` is kept, no ids of a device; the address and the user
agent serve to fill in columns (`enrich`).
"""

from functools import cache
from typing import Any, Final

Paths = dict[str, tuple[str, ...]]

# Fields of every event.
EVENT: Final[Paths] = {
    "page_url": ("context.page.url", "properties.url", "properties.page_location", "context.page.path"),
    "referrer": ("context.page.referrer", "properties.referrer", "properties.page_referrer"),
    "utm_source": ("context.campaign.source",),
    "utm_medium": ("context.campaign.medium",),
    "utm_campaign": ("context.campaign.name",),
    "device_type": ("context.device.type",),
    "country": ("context.location.country",),
    "user_agent": ("context.userAgent", "context.user_agent"),
    "client_ip": ("context.ip",),
    "session_id": ("context.sessionId", "context.session_id", "properties.ga_session_id"),
}
# Fields of page and screen, before those of every event: what the call itself says of the page.
PAGE: Final[Paths] = {
    "page_url": ("properties.url", "context.page.url", "properties.path", "context.page.path", "name"),
    "referrer": ("properties.referrer", "context.page.referrer"),
}
# Fields of events whose name is in the table of names.
KNOWN_EVENT: Final[Paths] = {
    "order_id": ("properties.order_id", "properties.orderId", "properties.transaction_id"),
    "search_term": ("properties.query", "properties.search_term"),
}
ORDER: Final[Paths] = {
    "payment_method": ("properties.payment_method", "properties.payment_type"),
    "country": ("context.location.country",),
}
PRODUCTS: Final = ("properties.products", "properties.items")  # lists of products
# Fields of one product, Segment's or GA4's.
PRODUCT: Final[Paths] = {
    "product_id": ("product_id", "productId", "sku", "item_id", "id", "name", "item_name"),
    "name": ("name", "item_name"),
    "category": ("category", "item_category"),
    "brand": ("brand", "item_brand"),
    "price": ("price",),
    "quantity": ("quantity",),
}
USER: Final[Paths] = {
    "name": ("name",),
    "email": ("email",),
    "phone": ("phone",),
    "age": ("age",),
    "country": ("address.country", "country"),
    "registration_date": ("createdAt", "created_at"),
    "is_premium": ("premium", "is_premium", "isPremium", "plan"),
}

# What an app's operating system says of the device.
DEVICES: Final = {"ios": "mobile", "android": "mobile"}
# Plans that say whether a user is a premium user; others say nothing of it.
PLANS: Final = {"premium": True, "free": False}
# Traits that say who or where somebody is: contacts hold the first five (as a name), the others are not kept.
PRIVATE_TRAITS: Final = frozenset(
    {
        *("name", "firstName", "first_name", "lastName", "last_name", "email", "phone"),
        *("address", "birthday", "avatar", "username", "website", "ip"),
    }
)
# A group is a company: its name and pages are nobody's own.
PRIVATE_GROUP_TRAITS: Final = PRIVATE_TRAITS - {"name", "avatar", "website"}
# Parts of context that an event keeps among its properties.
CONTEXT: Final = ("locale", "timezone", "os", "app", "screen")


@cache
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def found(source: Any, paths: tuple[str, ...]) -> Any:
    """The value at the first path that holds one; None where none does."""
    for path in paths:
        value = source
        for name in _names(path):
            value = value.get(name) if isinstance(value, dict) else None
            if value is None:
                break
        if value is not None and value != "":
            return value
    return None
