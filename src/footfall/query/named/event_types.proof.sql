SELECT
    event_type,
    count()                          AS event_count,
    uniqExactIf(user_id, user_id != 0)    AS unique_users,
    sum(events.revenue)              AS revenue
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
GROUP BY event_type
ORDER BY event_count DESC, event_type
LIMIT {limit:UInt32}
