SELECT
    event_type,
    count()                               AS events,
    uniqExactIf(user_id, user_id != 0)    AS unique_users,
    sum(events.revenue)                   AS revenue,
    max(event_timestamp)                  AS latest
FROM footfall.events
WHERE product_id = {product_id:UInt64} AND product_id != 0
    AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
    AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
GROUP BY event_type
ORDER BY count() DESC, event_type
