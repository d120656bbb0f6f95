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
        countIf(age_ms >= 0 AND age_ms < 60000)                                        AS events_last_minute,
        uniqExactIf(user_id, user_id != 0 AND age_ms >= 0 AND age_ms < 300000)         AS active_users_5m,
        uniqExactIf(user_id, user_id != 0 AND age_ms >= 0 AND age_ms < 1800000)        AS active_users_30m,
        maxOrNullIf(event_timestamp, age_ms >= 0 AND age_ms < 1800000)                 AS newest_event,
        uniqExactIf(user_id, user_id != 0 AND is_today)                                AS visitors,
        uniqExactIf(user_id, user_id != 0 AND is_today AND event_type = 'purchase')    AS purchasers
    FROM
    (
        SELECT
            user_id,
            event_type,
            event_timestamp,
            dateDiff('millisecond', event_timestamp, {at:DateTime64(3, 'UTC')})      AS age_ms,
            toDate(event_timestamp, {tz:String}) = toDate({at:DateTime64(3, 'UTC')}, {tz:String}) AS is_today
        FROM footfall.events
        WHERE toDate(event_timestamp) >= toDate({at:DateTime64(3, 'UTC')}) - 1
            AND toDate(event_timestamp) <= toDate({at:DateTime64(3, 'UTC')}) + 1
            AND {part:plain_filters}
    )
) AS e,
(
    SELECT quantileExactOrNull(0.5)(dateDiff('millisecond', event_timestamp, ingested_at)) AS ingest_lag_ms
    FROM footfall.events
    WHERE dateDiff('millisecond', ingested_at, {at:DateTime64(3, 'UTC')}) >= 0
        AND dateDiff('millisecond', ingested_at, {at:DateTime64(3, 'UTC')}) < 60000
        AND {part:plain_filters}
) AS l,
(
    SELECT uniqExact(order_id) AS orders_today, sum(total_amount) AS revenue_today
    FROM footfall.orders
    WHERE toDate(order_timestamp, {tz:String}) = toDate({at:DateTime64(3, 'UTC')}, {tz:String}) AND status = 'completed'
        AND {part:ledger_filters}
) AS o
