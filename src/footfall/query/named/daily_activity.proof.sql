SELECT
    toDate(event_timestamp, {tz:String})             AS day,
    count()                             AS event_count,
    uniqExactIf(user_id, user_id != 0)    AS unique_users,
    sum(events.revenue)                 AS revenue
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
GROUP BY day
ORDER BY day WITH FILL
    FROM toDate({from:DateTime64(3, 'UTC')}, {tz:String})
    TO greatest(
        toDate({from:DateTime64(3, 'UTC')}, {tz:String}),
        least(toDate({to:DateTime64(3, 'UTC')}, {tz:String}), toDate(now('UTC'), {tz:String}) + 1))
    STEP toIntervalDay(1)
