SELECT
    user_id,
    if(u.external_id = '', toString(user_id), u.external_id)    AS external_id,
    count()                                                     AS events,
    uniqExact(CAST(event_type, 'String'))                       AS event_types,
    uniqExact(toDate(event_timestamp))                          AS active_days,
    toDate(max(event_timestamp))                                AS last_day
FROM footfall.events AS e
LEFT ANY JOIN footfall.users AS u USING (user_id)
WHERE user_id != 0
    AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
GROUP BY user_id, external_id
ORDER BY events DESC, user_id
LIMIT {limit:UInt32}
