-- title: Overview to the moment
-- description: The shop's headline figures between two moments that need not be midnights, for fair comparisons with
--   a period that is not over; the overview answers whole days from rollups.
-- reads: events, orders
-- range: 35 days
-- note: Visitors are distinct ids: a shopper who logged in on the way counts under the anonymous id and the user.
-- param: from DateTime64(3, 'UTC') = today-1d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now-1d ; any ; end of the range, exclusive
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
    net,
    if(orders = 0, NULL, round(toFloat64(gross) / orders, 4))         AS aov,
    if(visitors = 0, NULL, round(100 * purchasers / visitors, 4))     AS conversion
FROM
(
    SELECT
        uniqExactIf(user_id, user_id != 0)                                AS visitors,
        uniqExactIf(session_id, session_id != '')                         AS sessions,
        countIf(event_type = 'page_view')                                 AS page_views,
        count()                                                           AS events,
        uniqExactIf(user_id, user_id != 0 AND event_type = 'purchase')    AS purchasers
    FROM footfall.events
    WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:context_filters}
) AS e,
(
    SELECT
        uniqExactIf(order_id, status = 'completed')                      AS orders,
        sumIf(total_amount, status = 'completed')                        AS gross,
        sumIf(total_amount, status IN ('refunded', 'cancelled'))         AS refunds,
        sumIf(total_amount, status NOT IN ('pending', 'adjusted'))       AS net
    FROM footfall.orders
    WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
        AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:order_filters}
) AS o
