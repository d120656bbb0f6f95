"""Segment's HTTP Tracking API (RudderStack speaks the same), and GA4's names: the shop's SDK stays as it is.

The way of a request: `envelope` (a body's messages, when they were sent, the write key) → `messages` (each
by itself) → `message` (its fields) → `calls` and `tracked` (the `parts` that it comes to: event, order, user
and products, by the tables of `names` and `columns`, money by `goods`) → `entries` (the same checks and lanes
as items of our own) → `answers`. `ga4` brings GA4's events from /v1/events on the same way.

Every part has a key of its own that is derived from the message's id: a message that is sent again doubles
nothing, and a part that is refused takes none of the others with it.

Sources: Segment "HTTP API" and "Spec: V2 Ecommerce Events"; GA4 "Recommended events".
"""
