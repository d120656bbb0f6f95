"""The table of names: what an event of Segment's e-commerce spec, or of GA4, is called here.

One row an event type of ours. `names`: what it is called elsewhere (Segment's spec v2, its older names, then
GA4's); capitals, blanks and underscores do not matter, and our own name stands for itself. `order`: what the
event does to the order that it names. `about_product`: its properties are a product's, where it has no list
of products. Names that are not here are kept as they are, with their properties.
"""

from typing import Final, Literal, NamedTuple

OrderAction = Literal["completed", "updated", "refunded", "cancelled"]


class Row(NamedTuple):
    """An event type, its names elsewhere and what it does."""

    event_type: str
    names: tuple[str, ...]
    order: OrderAction | None = None
    about_product: bool = False


ROWS: Final = (
    Row("page_view", ("page_view", "screen_view")),
    Row("search", ("Products Searched", "search")),
    Row("product_list_view", ("Product List Viewed", "Viewed Product Category", "view_item_list")),
    Row("product_list_filter", ("Product List Filtered",)),
    Row("promotion_view", ("Promotion Viewed", "Viewed Promotion", "view_promotion")),
    Row("promotion_click", ("Promotion Clicked", "Clicked Promotion", "select_promotion")),
    Row("product_click", ("Product Clicked", "Clicked Product", "select_item"), about_product=True),
    Row("product_view", ("Product Viewed", "Viewed Product", "view_item"), about_product=True),
    Row(
        "add_to_cart",
        ("Product Added", "Added Product", "Wishlist Product Added to Cart", "add_to_cart"),
        about_product=True,
    ),
    Row("remove_from_cart", ("Product Removed", "Removed Product", "remove_from_cart"), about_product=True),
    Row("cart_view", ("Cart Viewed", "view_cart")),
    Row("cart_share", ("Cart Shared",)),
    Row("checkout", ("Checkout Started", "Started Order", "begin_checkout")),
    Row("checkout_step_view", ("Checkout Step Viewed", "Viewed Checkout Step")),
    Row("checkout_step", ("Checkout Step Completed", "Completed Checkout Step")),
    Row("shipping_info", ("add_shipping_info",)),
    Row("payment_info", ("Payment Info Entered", "add_payment_info")),
    Row("purchase", ("Order Completed", "Completed Order", "purchase"), order="completed"),
    Row("order_update", ("Order Updated", "Updated Order"), order="updated"),
    Row("refund", ("Order Refunded", "Refunded Order", "refund"), order="refunded"),
    Row("order_cancel", ("Order Cancelled", "Order Canceled", "Cancelled Order"), order="cancelled"),
    Row("coupon_enter", ("Coupon Entered",)),
    Row("coupon_apply", ("Coupon Applied",)),
    Row("coupon_deny", ("Coupon Denied",)),
    Row("coupon_remove", ("Coupon Removed",)),
    Row("wishlist_add", ("Product Added to Wishlist", "add_to_wishlist"), about_product=True),
    Row("wishlist_remove", ("Product Removed from Wishlist",), about_product=True),
    Row("product_share", ("Product Shared",), about_product=True),
    Row("product_review", ("Product Reviewed",), about_product=True),
    Row("login", ("Signed In", "Logged In", "login")),
    Row("signup", ("Signed Up", "sign_up")),
)

# GA4's own names, as they are understood at /v1/events; there, every other name is the sender's own.
GA4_EVENTS: Final = {name: row for row in ROWS for name in row.names if name.islower()}
# Parameters of GA4's events that may stand beside our fields at /v1/events; they go into properties.
GA4_PARAMETERS: Final = frozenset(
    {
        *("items", "transaction_id", "tax", "shipping", "coupon", "affiliation", "payment_type"),
        *("shipping_tier", "item_list_id", "item_list_name", "creative_name", "creative_slot"),
        *("promotion_id", "promotion_name", "method", "customer_type"),
    }
)


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


_BY_NAME: Final = {_folded(name): row for row in ROWS for name in (row.event_type, *row.names)}


def row_of(name: str) -> Row | None:
    """The row of an event's name; None where it is the shop's own."""
    return _BY_NAME.get(_folded(name))
