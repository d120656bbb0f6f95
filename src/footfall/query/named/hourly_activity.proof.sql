SELECT hour, event_count, unique_users, revenue
FROM
(
    SELECT
        toStartOfHour(toDateTime(event_timestamp, {tz:String}))    AS hour,
        count()                                              AS event_count,
        uniqExactIf(user_id, user_id != 0)                   AS unique_users,
        sum(events.revenue)                                  AS revenue
    FROM footfall.events
    WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:event_filters}
    GROUP BY hour
    ORDER BY hour DESC WITH FILL
        FROM greatest(
            toDateTime({from:DateTime64(3, 'UTC')}, 'UTC'),
            least(toDateTime({to:DateTime64(3, 'UTC')}, 'UTC'), toStartOfHour(now('UTC')) + toIntervalHour(1)))
            - toIntervalHour(1)
        TO toDateTime({from:DateTime64(3, 'UTC')}, 'UTC') - toIntervalHour(1)
        STEP toIntervalHour(-1)
    LIMIT {limit:UInt32}
)
ORDER BY hour
