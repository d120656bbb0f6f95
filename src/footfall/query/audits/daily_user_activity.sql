-- Rows of a range of days in which daily_user_activity differs from events; a measure is (rollup, raw).
SELECT
    day,
    concat('user ', toString(user_id))    AS row,
    (sum(ours.1), sum(raw.1))             AS activity_count,
    (sum(ours.2), sum(raw.2))             AS event_types_used
FROM
(
    SELECT
        activity_date AS day,
        user_id,
        (sum(activity_count), uniqMerge(event_types_used))    AS ours,
        (toUInt64(0), toUInt64(0))                            AS raw
    FROM footfall.daily_user_activity
    WHERE activity_date >= {from:Date} AND activity_date < {to:Date}
    GROUP BY day, user_id
    UNION ALL
    SELECT
        event_date AS day,
        user_id,
        (toUInt64(0), toUInt64(0))                            AS ours,
        (count(), uniq(CAST(event_type, 'String')))           AS raw
    FROM footfall.events
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, user_id
)
GROUP BY day, user_id
HAVING sum(ours.1) != sum(raw.1) OR sum(ours.2) != sum(raw.2)
ORDER BY day, row
LIMIT {limit:UInt32}
