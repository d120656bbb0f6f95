-- title: Product activity
-- description: What shoppers did with one product, by type of event. Answered from proj_by_product of the raw rows, which
--   holds these four by hour.
-- reads: events
-- grain: hour
-- param: product_id UInt64 = ; id, required ; the product, as the shop knows it or as Footfall stores it
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: event_type text ; type of event
-- column: events count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events that name the product, less refund events
-- column: latest time ; the latest of these events
SELECT
    event_type,
    count()                                                    AS events,
    uniqExactIf(user_id, user_id != 0 AND product_id != 0)     AS unique_users,
    sum(events.revenue)                                        AS revenue,
    max(event_timestamp)                                       AS latest
FROM footfall.events
WHERE product_id = {product_id:UInt64} AND product_id != 0
    AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
    AND toStartOfHour(event_timestamp) >= {from:DateTime64(3, 'UTC')}
    AND toStartOfHour(event_timestamp) < {to:DateTime64(3, 'UTC')}
GROUP BY event_type
ORDER BY count() DESC, event_type
