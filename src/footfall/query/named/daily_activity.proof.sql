SELECT
    toDate(event_timestamp)             AS day,
    count()                             AS event_count,
    uniqExactIf(user_id, user_id != 0)    AS unique_users,
    sum(events.revenue)                 AS revenue
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND ({event_type:String} = '' OR event_type = {event_type:String})
GROUP BY day
ORDER BY day WITH FILL
    FROM toDate({from:DateTime64(3, 'UTC')})
    TO greatest(
        toDate({from:DateTime64(3, 'UTC')}),
        least(toDate({to:DateTime64(3, 'UTC')}), toDate(now('UTC')) + 1))
    STEP toIntervalDay(1)
