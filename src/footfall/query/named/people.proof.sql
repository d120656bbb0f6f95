SELECT
    uniqExact(if(i.user_id != 0, i.user_id, events.user_id))    AS people,
    uniqExact(events.user_id)                                   AS ids,
    ids - people                                           AS joined
FROM footfall.events
LEFT ANY JOIN
(
    SELECT anonymous_id, user_id
    FROM footfall.identities
    ORDER BY linked_at DESC, block_id DESC
    LIMIT 1 BY anonymous_id
) AS i ON events.user_id = i.anonymous_id
WHERE events.user_id != 0
    AND events.event_timestamp >= {from:DateTime64(3, 'UTC')} AND events.event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
