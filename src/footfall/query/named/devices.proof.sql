SELECT
    if({by:String} = 'browser', browser, device_type)    AS value,
    count()                                              AS events,
    uniqExactIf(user_id, user_id != 0)                   AS unique_users,
    countIf(event_type = 'purchase')                     AS purchases,
    sum(events.revenue)                                  AS revenue
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
GROUP BY value
ORDER BY count() DESC, value
LIMIT {limit:UInt32}
