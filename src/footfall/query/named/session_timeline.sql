-- title: Session timeline
-- description: What happened in one session, in order. proj_by_session finds its types and days by a hash of its name,
--   idx_session_id the rows among them, and all of them in parts that have no projection yet.
-- reads: events
-- param: session_id String = ; any, required ; the session
-- param: limit UInt32 = 200 ; 1..1000 ; rows at most
-- column: event_timestamp time ; when it happened
-- column: event_type text ; type of event
-- column: user_id id ; the user as Footfall stores it; 0: nobody known
-- column: product_id id ; the product as Footfall stores it; 0: none
-- column: order_id text ; the order, on purchases and refunds
-- column: page_url text ; the page
-- column: referrer text ; the page before it
-- column: search_term text ; what was searched for
-- column: revenue money ; money received, or given back where negative
-- column: value money ; what the item or cart is worth, on events that are no purchase
-- column: duration_seconds seconds ; how long it took
-- column: event_id id ; the event
SELECT
    event_timestamp, event_type, user_id, product_id, order_id, page_url, referrer, search_term, revenue, value,
    duration_seconds, event_id
FROM footfall.events
WHERE session_id = {session_id:String}
    AND (event_type, event_date) IN
    (
        SELECT event_type, event_date
        FROM footfall.events
        WHERE xxHash32(session_id) = xxHash32({session_id:String}) AND indexHint(session_id = {session_id:String})
        GROUP BY event_type, event_date
    )
    AND {part:typed_filters}
ORDER BY event_timestamp, event_id
LIMIT {limit:UInt32}
