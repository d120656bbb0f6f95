-- title: Overview by day
-- description: The shop's headline figures of each day of a range; days without any are there with zeros, up to now.
-- reads: mv_daily_events, mv_product_revenue, orders
-- range: 4000 days
-- grain: day
-- estimate: visitors, sessions, conversion
-- raw: orders, aov
-- note: Visitors are distinct ids: a shopper who logged in on the way counts under the anonymous id and the user.
-- note: Orders and AOV are counted in the ledger of orders, as far back as its rows are kept.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: day day ; the day, of the zone
-- column: visitors count ; distinct users and anonymous shoppers with an event
-- column: sessions count ; distinct sessions with an event
-- column: orders count ; distinct orders with a completed line
-- column: net money ; sum of completed, refunded and cancelled order lines
-- column: aov money ; completed order lines / orders; null where there are no orders
-- column: conversion percent ; visitors with a purchase event / visitors; null where there are no visitors
SELECT
    day,
    sum(came)                                                                   AS visitors,
    sum(sat)                                                                    AS sessions,
    sum(placed)                                                                 AS orders,
    sum(money)                                                                  AS net,
    if(orders = 0, NULL, round(toFloat64(sum(paid)) / orders, 4))               AS aov,
    if(visitors = 0, NULL, round(100 * sum(bought) / visitors, 4))              AS conversion
FROM
(
    SELECT
        event_date                                                      AS day,
        uniqCombined64MergeIf(unique_users, event_type = '')            AS came,
        uniqCombined64MergeIf(unique_sessions, event_type = '')         AS sat,
        uniqCombined64MergeIf(unique_users, event_type = 'purchase')    AS bought,
        0                                                               AS placed,
        toDecimal128(0, 4)                                              AS money,
        toDecimal128(0, 4)                                              AS paid
    FROM footfall.mv_daily_events
    WHERE event_type IN ('', 'purchase')
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
    GROUP BY day
    UNION ALL
    SELECT order_date AS day, 0, 0, 0, 0, sum(total_revenue), toDecimal128(0, 4)
    FROM footfall.mv_product_revenue
    WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
        AND status IN ('completed', 'refunded', 'cancelled')
    GROUP BY day
    UNION ALL
    SELECT order_date AS day, 0, 0, 0, uniqExact(order_id), toDecimal128(0, 4), sum(total_amount)
    FROM footfall.orders
    WHERE status = 'completed'
        AND order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
    GROUP BY day
)
GROUP BY day
ORDER BY day WITH FILL
    FROM toDate({from:DateTime64(3, 'UTC')})
    TO greatest(
        toDate({from:DateTime64(3, 'UTC')}),
        least(toDate({to:DateTime64(3, 'UTC')}), toDate(now('UTC')) + 1))
    STEP toIntervalDay(1)
