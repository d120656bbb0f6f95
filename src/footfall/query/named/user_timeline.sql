-- title: User timeline
-- description: What one user did, the latest first. proj_by_user finds the rows, the sort key reads their columns.
-- reads: events
-- note: Events before a login stand under the anonymous id.
-- param: user_id UInt64 = ; id, required ; the user, as the shop knows it or as Footfall stores it
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: event_type text ; type of event
-- column: event_timestamp time ; when it happened
-- column: revenue money ; money received, or given back where negative
-- column: value money ; what the item or cart is worth, on events that are no purchase
-- column: event_id id ; the event
-- column: session_id text ; the session
-- column: product_id id ; the product as Footfall stores it; 0: none
-- column: order_id text ; the order, on purchases and refunds
-- column: page_url text ; the page
-- column: search_term text ; what was searched for
-- column: device_type text ; kind of device
-- column: browser text ; browser
-- column: country text ; ISO 3166 alpha-2, with UK for GB
SELECT
    event_type, event_timestamp, revenue, value, event_id, session_id, product_id, order_id, page_url, search_term,
    device_type, browser, country
FROM footfall.events
WHERE (event_type, event_date, user_id, event_timestamp) IN
(
    SELECT event_type, event_date, user_id, event_timestamp
    FROM footfall.events
    WHERE user_id = {user_id:UInt64} AND user_id != 0
        AND {part:typed_filters}
    ORDER BY event_timestamp DESC
    LIMIT {limit:UInt32}
)
    AND {part:typed_filters}
ORDER BY event_timestamp DESC, event_id
LIMIT {limit:UInt32}
