SELECT
    toDate(dateTrunc({grain:String}, event_timestamp, 'UTC'))    AS period,
    count()                                                      AS event_count,
    uniqExactIf(user_id, user_id != 0)                           AS unique_users,
    sum(events.revenue)                                          AS revenue
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND ({event_type:String} = '' OR event_type = {event_type:String})
GROUP BY period
ORDER BY period
