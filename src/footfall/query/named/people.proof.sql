SELECT
    uniqExact(if(i.user_id != 0, i.user_id, e.user_id))    AS people,
    uniqExact(e.user_id)                                   AS ids,
    ids - people                                           AS joined
FROM footfall.events AS e
LEFT ANY JOIN
(
    SELECT anonymous_id, user_id
    FROM footfall.identities
    ORDER BY linked_at DESC, block_id DESC
    LIMIT 1 BY anonymous_id
) AS i ON e.user_id = i.anonymous_id
WHERE e.user_id != 0
    AND e.event_timestamp >= {from:DateTime64(3, 'UTC')} AND e.event_timestamp < {to:DateTime64(3, 'UTC')}
