-- title: Live figures
-- description: What happens now: the last minutes of events, and today's orders and money.
-- reads: events, orders, mv_daily_events
-- grain: day
-- estimate: conversion_today
-- note: Visitors are distinct ids: a shopper who logged in on the way counts under the anonymous id and the user.
-- param: at DateTime64(3, 'UTC') = now ; any ; the moment to look from
-- column: events_last_minute count ; events of the last 60 seconds
-- column: active_users_5m count ; distinct users and anonymous shoppers of the last 5 minutes
-- column: active_users_30m count ; the same of the last 30 minutes
-- column: orders_today count ; distinct orders with a completed line, since midnight
-- column: revenue_today money ; sum of completed order lines since midnight (gross)
-- column: aov_today money ; revenue_today / orders_today; null where there are no orders
-- column: conversion_today percent ; visitors of today with a purchase / visitors of today; null where there are none
-- column: ingest_lag_ms ms ; median of ingested_at - event_timestamp over events of the last minute; null without
-- column: newest_event time ; latest event of the last 30 minutes; null where there is none
SELECT
    events_last_minute,
    active_users_5m,
    active_users_30m,
    orders_today,
    revenue_today,
    if(orders_today = 0, NULL, round(toFloat64(revenue_today) / orders_today, 4))    AS aov_today,
    if(visitors = 0, NULL, round(100 * purchasers / visitors, 4))                    AS conversion_today,
    ingest_lag_ms,
    newest_event
FROM
(
    SELECT
        countIf(event_timestamp > {at:DateTime64(3, 'UTC')} - toIntervalMinute(1))                     AS events_last_minute,
        uniqExactIf(user_id, user_id != 0 AND event_timestamp > {at:DateTime64(3, 'UTC')} - toIntervalMinute(5)) AS active_users_5m,
        uniqExactIf(user_id, user_id != 0)                                                             AS active_users_30m,
        maxOrNull(event_timestamp)                                                                     AS newest_event
    FROM footfall.events
    WHERE event_timestamp > {at:DateTime64(3, 'UTC')} - toIntervalMinute(30)
        AND event_timestamp <= {at:DateTime64(3, 'UTC')}
        AND event_date >= toDate({at:DateTime64(3, 'UTC')} - toIntervalMinute(30))
        AND event_date <= toDate({at:DateTime64(3, 'UTC')})
) AS recent,
(
    SELECT quantileExactOrNull(0.5)(toUnixTimestamp64Milli(ingested_at) - toUnixTimestamp64Milli(event_timestamp))
        AS ingest_lag_ms
    FROM footfall.events
    WHERE ingested_at > {at:DateTime64(3, 'UTC')} - toIntervalMinute(1) AND ingested_at <= {at:DateTime64(3, 'UTC')}
) AS lag,
(
    SELECT
        uniqCombined64MergeIf(unique_users, event_type = '')            AS visitors,
        uniqCombined64MergeIf(unique_users, event_type = 'purchase')    AS purchasers
    FROM footfall.mv_daily_events
    WHERE event_type IN ('', 'purchase') AND event_date = toDate({at:DateTime64(3, 'UTC')})
) AS came,
(
    SELECT uniqExact(order_id) AS orders_today, sum(total_amount) AS revenue_today
    FROM footfall.orders
    WHERE status = 'completed' AND order_date = toDate({at:DateTime64(3, 'UTC')})
) AS paid
