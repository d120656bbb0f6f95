-- title: Event search
-- description: Single events by what no rollup holds, the latest first. Skipping indices find rare values; what a
--   user did, or what happened in a session, is found faster by user_timeline and session_timeline.
-- reads: events
-- param: from DateTime64(3, 'UTC') = today-6d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: event_id String = ; any ; this event alone; empty: all
-- param: order_id String = ; any ; events of this order alone; empty: all
-- param: product_id String = ; id ; events of this product alone, as the shop knows it or as Footfall stores it; 0: of none; empty: all
-- param: page_url String = ; any ; events on exactly this page; empty: all
-- param: search_term String = ; any ; events with exactly this search; empty: all
-- param: min_revenue Decimal(18, 4) = 0 ; 0..1000000000000 ; events that brought at least this money; 0: all
-- param: min_duration_seconds UInt32 = 0 ; 0..4294967295 ; events at least this long; 0: all
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: event_timestamp time ; when it happened
-- column: event_type text ; type of event
-- column: event_id id ; the event
-- column: user_id id ; the user as Footfall stores it; 0: nobody known
-- column: session_id text ; the session
-- column: product_id id ; the product as Footfall stores it; 0: none
-- column: order_id text ; the order, on purchases and refunds
-- column: page_url text ; the page
-- column: referrer text ; the page before it
-- column: search_term text ; what was searched for
-- column: utm_source text ; the UTM source
-- column: utm_medium text ; the UTM medium
-- column: utm_campaign text ; the UTM campaign
-- column: device_type text ; kind of device
-- column: browser text ; browser
-- column: country text ; ISO 3166 alpha-2, with UK for GB
-- column: revenue money ; money received, or given back where negative
-- column: value money ; what the item or cart is worth, on events that are no purchase
-- column: currency text ; the currency of its money
-- column: quantity count ; pieces
-- column: duration_seconds seconds ; how long it took
-- column: ingested_at time ; when Footfall accepted it
SELECT
    event_timestamp, event_type, event_id, user_id, session_id, product_id, order_id, page_url, referrer, search_term,
    utm_source, utm_medium, utm_campaign, device_type, browser, country, revenue, value, currency, quantity,
    duration_seconds, ingested_at
FROM footfall.events
WHERE {part:event_filters}
    AND ({event_id:String} = '' OR event_id = toUUIDOrZero({event_id:String}))
    AND ({order_id:String} = '' OR order_id = {order_id:String})
    AND ({product_id:String} = '' OR product_id = toUInt64OrZero({product_id:String}))
    AND ({page_url:String} = '' OR page_url = {page_url:String})
    AND ({search_term:String} = '' OR search_term = {search_term:String})
    AND ({min_revenue:Decimal(18, 4)} = 0 OR revenue >= {min_revenue:Decimal(18, 4)})
    AND ({min_duration_seconds:UInt32} = 0 OR duration_seconds >= {min_duration_seconds:UInt32})
    AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
    AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
ORDER BY event_timestamp DESC, event_id
LIMIT {limit:UInt32}
