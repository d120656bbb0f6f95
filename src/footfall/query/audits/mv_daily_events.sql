-- Rows of a range of days in which mv_daily_events differs from events; a measure is (rollup, raw).
-- uniqCombined64 counts up to 4,096 exactly; of exactly as many it tells 4,096 or an estimate, by the order in which
-- they came.
WITH (ours, raw) -> ours != raw AND NOT (has([ours, raw], 4096) AND abs(toInt64(ours) - toInt64(raw)) <= 41) AS differ
SELECT
    day,
    if(kind = '', 'all types', concat('type ', kind))    AS row,
    (sum(ours.1), sum(raw.1))                            AS event_count,
    (sum(ours.2), sum(raw.2))                            AS revenue,
    (sum(ours.3), sum(raw.3))                            AS unique_users,
    (sum(ours.4), sum(raw.4))                            AS unique_sessions
FROM
(
    SELECT
        event_date AS day,
        CAST(event_type, 'String')                                                       AS kind,
        (sum(event_count), sum(mv_daily_events.revenue),
         uniqCombined64Merge(unique_users), uniqCombined64Merge(unique_sessions))        AS ours,
        (toUInt64(0), toDecimal128(0, 4), toUInt64(0), toUInt64(0))                      AS raw
    FROM footfall.mv_daily_events
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, kind
    UNION ALL
    SELECT
        event_date AS day,
        arrayJoin(['', CAST(event_type, 'String')])                                      AS kind,
        (toUInt64(0), toDecimal128(0, 4), toUInt64(0), toUInt64(0))                      AS ours,
        (count(), sum(revenue), uniqCombined64If(user_id, user_id != 0),
         uniqCombined64If(session_id, session_id != '' AND kind = ''))                   AS raw
    FROM footfall.events
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, kind
)
GROUP BY day, kind
HAVING sum(ours.1) != sum(raw.1) OR sum(ours.2) != sum(raw.2) OR differ(sum(ours.3), sum(raw.3))
    OR differ(sum(ours.4), sum(raw.4))
ORDER BY day, row
LIMIT {limit:UInt32}
