SELECT
    ['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase'][level]           AS step,
    reached[level]                                                                        AS users,
    if(reached[1] = 0, NULL, round(100 * users / reached[1], 4))                          AS conversion_pct,
    if(before = 0, NULL, round(100 * users / before, 4))                                  AS step_conversion_pct,
    before - users                                                                        AS drop_off
FROM
(
    SELECT
        [countIf(depth > 0), countIf(depth > 1), countIf(depth > 2), countIf(depth > 3), countIf(depth > 4)] AS reached,
        arrayJoin([1, 2, 3, 4, 5])                                                        AS level,
        reached[greatest(level - 1, 1)]                                                   AS before
    FROM
    (
        SELECT
            if(i.user_id != 0, i.user_id, events.user_id)                                 AS shopper,
            [max(event_type = 'page_view'), max(event_type = 'product_view'), max(event_type = 'add_to_cart'),
             max(event_type = 'checkout'), max(event_type = 'purchase'), 0]               AS done,
            arrayFirstIndex(did -> did = 0, done) - 1                                     AS depth
        FROM footfall.events
        LEFT ANY JOIN
        (
            SELECT anonymous_id, user_id
            FROM footfall.identities
            ORDER BY linked_at DESC, block_id DESC
            LIMIT 1 BY anonymous_id
        ) AS i ON events.user_id = i.anonymous_id
        WHERE events.user_id != 0
            AND events.event_timestamp >= {from:DateTime64(3, 'UTC')}
            AND events.event_timestamp < {to:DateTime64(3, 'UTC')}
            AND {part:context_filters}
        GROUP BY shopper
    )
)
ORDER BY level
LIMIT {limit:UInt32}
