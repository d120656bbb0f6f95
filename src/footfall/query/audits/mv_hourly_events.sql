-- Rows of a range of days in which mv_hourly_events differs from events; a measure is (rollup, raw).
SELECT
    day,
    concat('hour ', toString(event_hour), ', ', event_type)    AS row,
    (sum(ours.1), sum(raw.1))                                  AS event_count,
    (sum(ours.2), sum(raw.2))                                  AS unique_users,
    (sum(ours.3), sum(raw.3))                                  AS total_revenue
FROM
(
    SELECT
        event_date AS day,
        event_hour,
        CAST(event_type, 'String')                                              AS event_type,
        (sum(event_count), uniqMerge(unique_users), sum(total_revenue))         AS ours,
        (toUInt64(0), toUInt64(0), toDecimal128(0, 4))                          AS raw
    FROM footfall.mv_hourly_events
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, event_hour, event_type
    UNION ALL
    SELECT
        event_date AS day,
        toHour(event_timestamp, 'UTC')                                          AS event_hour,
        CAST(event_type, 'String')                                              AS event_type,
        (toUInt64(0), toUInt64(0), toDecimal128(0, 4))                          AS ours,
        (count(), uniqIf(user_id, user_id != 0), sum(revenue))                  AS raw
    FROM footfall.events
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, event_hour, event_type
)
GROUP BY day, event_hour, event_type
HAVING sum(ours.1) != sum(raw.1) OR sum(ours.2) != sum(raw.2) OR sum(ours.3) != sum(raw.3)
ORDER BY day, row
LIMIT {limit:UInt32}
