SELECT
    country,
    count()                              AS events,
    uniqExactIf(user_id, user_id != 0)    AS unique_users,
    sum(events.revenue)                  AS revenue,
    countIf(event_type = 'purchase')     AS purchases
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
GROUP BY country
ORDER BY count() DESC, country
LIMIT {limit:UInt32}
