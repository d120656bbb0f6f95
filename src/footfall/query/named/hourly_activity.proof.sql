SELECT
    toStartOfHour(toDateTime(event_timestamp, 'UTC'))    AS hour,
    count()                                              AS event_count,
    uniqExactIf(user_id, user_id != 0)                   AS unique_users,
    sum(events.revenue)                                  AS revenue
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND ({event_type:String} = '' OR event_type = {event_type:String})
GROUP BY hour
ORDER BY hour WITH FILL
    FROM toDateTime({from:DateTime64(3, 'UTC')}, 'UTC')
    TO greatest(
        toDateTime({from:DateTime64(3, 'UTC')}, 'UTC'),
        least(toDateTime({to:DateTime64(3, 'UTC')}, 'UTC'), toStartOfHour(now('UTC')) + toIntervalHour(1)))
    STEP toIntervalHour(1)
