"""The table of names: the whole of Segment's e-commerce spec, GA4's names, and each name once."""

import pytest

from footfall.ingest.segment.names import GA4_EVENTS, ROWS, row_of
from footfall.model import EVENT_TYPES
from tests.support import ROOT

# Segment "Spec: V2 Ecommerce Events", all of it, in its order.
SPEC = {
    "Products Searched": "search",
    "Product List Viewed": "product_list_view",
    "Product List Filtered": "product_list_filter",
    "Promotion Viewed": "promotion_view",
    "Promotion Clicked": "promotion_click",
    "Product Clicked": "product_click",
    "Product Viewed": "product_view",
    "Product Added": "add_to_cart",
    "Product Removed": "remove_from_cart",
    "Cart Viewed": "cart_view",
    "Checkout Started": "checkout",
    "Checkout Step Viewed": "checkout_step_view",
    "Checkout Step Completed": "checkout_step",
    "Payment Info Entered": "payment_info",
    "Order Completed": "purchase",
    "Order Updated": "order_update",
    "Order Refunded": "refund",
    "Order Cancelled": "order_cancel",
    "Coupon Entered": "coupon_enter",
    "Coupon Applied": "coupon_apply",
    "Coupon Denied": "coupon_deny",
    "Coupon Removed": "coupon_remove",
    "Product Added to Wishlist": "wishlist_add",
    "Product Removed from Wishlist": "wishlist_remove",
    "Wishlist Product Added to Cart": "add_to_cart",
    "Product Shared": "product_share",
    "Cart Shared": "cart_share",
    "Product Reviewed": "product_review",
}
GA4 = {
    "view_item": "product_view",
    "view_item_list": "product_list_view",
    "select_item": "product_click",
    "add_to_cart": "add_to_cart",
    "remove_from_cart": "remove_from_cart",
    "view_cart": "cart_view",
    "add_to_wishlist": "wishlist_add",
    "begin_checkout": "checkout",
    "add_shipping_info": "shipping_info",
    "add_payment_info": "payment_info",
    "purchase": "purchase",
    "refund": "refund",
    "view_promotion": "promotion_view",
    "select_promotion": "promotion_click",
    "search": "search",
    "login": "login",
    "sign_up": "signup",
    "page_view": "page_view",
}


@pytest.mark.parametrize(("name", "event_type"), [*SPEC.items(), *GA4.items()])
def test_each_name_is_understood(name: str, event_type: str) -> None:
    row = row_of(name)
    assert row is not None
    assert row.event_type == event_type


def test_capitals_blanks_and_underscores_do_not_matter() -> None:
    for name in ("order completed", "Order_Completed", "orderCompleted", "ORDER COMPLETED", "purchase"):
        row = row_of(name)
        assert row is not None
        assert (row.event_type, row.order) == ("purchase", "completed")
    assert row_of("Order Completed Twice") is None
    assert row_of("") is None


def test_our_own_names_stand_for_themselves() -> None:
    for event_type in EVENT_TYPES:
        row = row_of(event_type)
        assert row is not None
        assert row.event_type == event_type


def test_a_name_stands_in_one_row() -> None:
    names = [name for row in ROWS for name in row.names]
    assert len(names) == len(set(names))
    for row in ROWS:
        for name in row.names:
            assert row_of(name) is row
    assert GA4_EVENTS.keys() == GA4.keys() | {"screen_view"}


def test_the_documentation_prints_the_table() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    missing = [name for row in ROWS for name in (row.event_type, *row.names) if f"`{name}`" not in text]
    assert missing == []
