SELECT
    toDate(dateTrunc({grain:String}, event_timestamp, {tz:String}))    AS period,
    count()                                                      AS event_count,
    uniqExactIf(user_id, user_id != 0)                           AS unique_users,
    sum(events.revenue)                                          AS revenue
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
GROUP BY period
ORDER BY period
