SELECT
    user_id,
    if(u.external_id = '', toString(user_id), u.external_id)              AS external_id,
    count()                                                               AS events,
    uniqExact(CAST(event_type, 'String'))                                 AS event_types,
    uniqExact(toDate(event_timestamp, {tz:String}))                       AS active_days,
    toDate(max(event_timestamp), {tz:String})                             AS last_day
FROM footfall.events
LEFT ANY JOIN (SELECT user_id, external_id FROM footfall.users) AS u USING (user_id)
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
    AND user_id IN
    (
        -- Exact sets of days and types of all users would not fit a reader's memory.
        SELECT user_id
        FROM footfall.events
        WHERE user_id != 0
            AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
            AND {part:event_filters}
        GROUP BY user_id
        ORDER BY count() DESC, user_id
        LIMIT {limit:UInt32}
    )
GROUP BY user_id, external_id
ORDER BY events DESC, user_id
LIMIT {limit:UInt32}
