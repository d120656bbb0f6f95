"""What browsers send, with keys that everybody can read: the beacon behind `/footfall.js`.

The way of a request: `beacon` (key, origin, CORS, size) → `rates` (bounded, by key and by address) → `page`
(what a page may say) → `visitors` (who it is today) → the checks and the lane of events.

Whoever reads a page's source can forge the events of its key at a bounded rate and nothing else: no order,
money, user, product, country or time of the past; no event, session or user that a server names; no dead
letter, receipt or name. A purchase that a page reports is `purchase_unverified`.
"""
