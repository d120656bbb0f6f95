-- title: Latest events
-- description: Events in the order of their arrival, the newest first. A poller passes the newest ingested_at it
--   has seen less some seconds, because rows become visible after they are stamped, and drops the event_ids it has.
-- reads: events, users
-- param: after DateTime64(3, 'UTC') = now-10s ; any ; events ingested later than this
-- param: until DateTime64(3, 'UTC') = now+1d ; any ; events ingested no later than this
-- param: one_in UInt32 = 1 ; 1..4294967295 ; one in so many of them, the same ones each time; 1: all
-- param: limit UInt32 = 200 ; 1..5000 ; rows at most
-- column: event_id id ; the event
-- column: event_type text ; type of event
-- column: event_timestamp time ; when it happened
-- column: ingested_at time ; when Footfall accepted it
-- column: user_id id ; the user as Footfall stores it; 0: nobody known
-- column: external_id text ; the user as the shop knows it; the stored number where the shop has not told; empty: nobody known
-- column: session_id text ; the session
-- column: product_id id ; the product as Footfall stores it; 0: none
-- column: order_id text ; the order, on purchases and refunds
-- column: page_url text ; the page
-- column: search_term text ; what was searched for
-- column: device_type text ; kind of device
-- column: browser text ; browser
-- column: country text ; ISO 3166 alpha-2, with UK for GB
-- column: revenue money ; money received, or given back where negative
-- column: value money ; what the item or cart is worth, on events that are no purchase
SELECT
    event_id, event_type, event_timestamp, ingested_at, user_id,
    multiIf(user_id = 0, '', u.external_id != '', u.external_id, toString(user_id)) AS external_id,
    session_id, product_id, order_id, page_url, search_term, device_type, browser, country, revenue, value
FROM
(
    SELECT
        event_id, event_type, event_timestamp, ingested_at, user_id, session_id, product_id, order_id, page_url,
        search_term, device_type, browser, country, revenue, value
    FROM footfall.events
    WHERE ingested_at > {after:DateTime64(3, 'UTC')}
        AND ingested_at <= {until:DateTime64(3, 'UTC')}
        AND ({one_in:UInt32} = 1 OR cityHash64(event_id) % {one_in:UInt32} = 0)
        AND {part:typed_filters}
    ORDER BY ingested_at DESC, event_timestamp DESC, event_id
    LIMIT {limit:UInt32}
) AS e
LEFT ANY JOIN
(
    SELECT user_id, external_id
    FROM footfall.users
    WHERE user_id >= 9223372036854775808 AND user_id IN
    (
        SELECT user_id
        FROM footfall.events
        WHERE ingested_at > {after:DateTime64(3, 'UTC')}
            AND ingested_at <= {until:DateTime64(3, 'UTC')}
            AND ({one_in:UInt32} = 1 OR cityHash64(event_id) % {one_in:UInt32} = 0)
            AND {part:typed_filters}
        ORDER BY ingested_at DESC, event_timestamp DESC, event_id
        LIMIT {limit:UInt32}
    )
) AS u USING (user_id)
ORDER BY ingested_at DESC, event_timestamp DESC, event_id
