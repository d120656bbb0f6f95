-- title: Overview
-- description: The shop's headline figures over a range of days.
-- reads: mv_daily_events, mv_product_revenue, orders
-- grain: day
-- estimate: visitors, sessions, conversion
-- raw: orders, aov
-- note: Visitors are distinct ids: a shopper who logged in on the way counts under the anonymous id and the user.
-- note: Orders and AOV are counted in the ledger of orders, as far back as its rows are kept.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 1 ; 1..1000 ; rows at most; there is one
-- column: visitors count ; distinct users and anonymous shoppers with an event
-- column: sessions count ; distinct sessions with an event
-- column: page_views count ; page_view events
-- column: events count ; all events
-- column: orders count ; distinct orders with a completed line
-- column: gross money ; sum of completed order lines
-- column: refunds money ; sum of refunded and cancelled order lines, negative
-- column: net money ; gross + refunds
-- column: aov money ; gross / orders; null where there are no orders
-- column: conversion percent ; visitors with a purchase event / visitors; null where there are no visitors
SELECT
    visitors,
    sessions,
    page_views,
    events,
    orders,
    gross,
    refunds,
    gross + refunds                                                   AS net,
    if(orders = 0, NULL, round(toFloat64(paid) / orders, 4))          AS aov,
    if(visitors = 0, NULL, round(100 * purchasers / visitors, 4))     AS conversion
FROM
(
    SELECT
        uniqCombined64MergeIf(unique_users, event_type = '')            AS visitors,
        uniqCombined64MergeIf(unique_sessions, event_type = '')         AS sessions,
        sumIf(event_count, event_type = '')                             AS events,
        sumIf(event_count, event_type = 'page_view')                    AS page_views,
        uniqCombined64MergeIf(unique_users, event_type = 'purchase')    AS purchasers
    FROM footfall.mv_daily_events
    WHERE event_type IN ('', 'page_view', 'purchase')
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
) AS e,
(
    SELECT
        sumIf(total_revenue, status = 'completed')                    AS gross,
        sumIf(total_revenue, status IN ('refunded', 'cancelled'))     AS refunds
    FROM footfall.mv_product_revenue
    WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
) AS m,
(
    SELECT
        uniqExact(order_id)    AS orders,
        sum(total_amount)      AS paid
    FROM footfall.orders
    WHERE status = 'completed'
        AND order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
) AS o
LIMIT {limit:UInt32}
