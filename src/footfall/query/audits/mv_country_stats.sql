-- Rows of a range of days in which mv_country_stats differs from events; a measure is (rollup, raw).
-- uniqCombined64 counts up to 4,096 exactly; of exactly as many it tells 4,096 or an estimate, by the order in which
-- they came.
WITH (ours, raw) -> ours != raw AND NOT (has([ours, raw], 4096) AND abs(toInt64(ours) - toInt64(raw)) <= 41) AS differ
SELECT
    day,
    concat('country ', country)    AS row,
    (sum(ours.1), sum(raw.1))      AS event_count,
    (sum(ours.2), sum(raw.2))      AS unique_users,
    (sum(ours.3), sum(raw.3))      AS revenue,
    (sum(ours.4), sum(raw.4))      AS purchase_count,
    (sum(ours.5), sum(raw.5))      AS visitors
FROM
(
    SELECT
        event_date AS day,
        CAST(country, 'String')                                                 AS country,
        (sum(event_count), uniqMerge(unique_users), sum(revenue), sum(purchase_count),
         uniqCombined64Merge(visitors))                                         AS ours,
        (toUInt64(0), toUInt64(0), toDecimal128(0, 4), toUInt64(0), toUInt64(0)) AS raw
    FROM footfall.mv_country_stats
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, country
    UNION ALL
    SELECT
        event_date AS day,
        CAST(country, 'String')                                                 AS country,
        (toUInt64(0), toUInt64(0), toDecimal128(0, 4), toUInt64(0), toUInt64(0)) AS ours,
        (count(), uniqIf(user_id, user_id != 0), sum(revenue), countIf(event_type = 'purchase'),
         uniqCombined64If(user_id, user_id != 0))                               AS raw
    FROM footfall.events
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, country
)
GROUP BY day, country
HAVING sum(ours.1) != sum(raw.1) OR sum(ours.2) != sum(raw.2) OR sum(ours.3) != sum(raw.3)
    OR sum(ours.4) != sum(raw.4) OR differ(sum(ours.5), sum(raw.5))
ORDER BY day, row
LIMIT {limit:UInt32}
