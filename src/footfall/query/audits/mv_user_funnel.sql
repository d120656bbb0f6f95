-- Rows of a range of days in which mv_user_funnel differs from events; a measure is (rollup, raw).
SELECT
    day,
    concat('user ', toString(user_id))    AS row,
    (sum(ours.1), sum(raw.1))             AS total_events,
    (sum(ours.2), sum(raw.2))             AS page_views,
    (sum(ours.3), sum(raw.3))             AS product_views,
    (sum(ours.4), sum(raw.4))             AS add_to_cart,
    (sum(ours.5), sum(raw.5))             AS checkouts,
    (sum(ours.6), sum(raw.6))             AS purchases,
    (sum(ours.7), sum(raw.7))             AS revenue
FROM
(
    SELECT
        event_date AS day,
        user_id,
        (countMerge(total_events), sumMerge(page_views), sumMerge(product_views), sumMerge(add_to_cart),
         sumMerge(checkouts), sumMerge(purchases), sumMerge(revenue))           AS ours,
        (toUInt64(0), toUInt64(0), toUInt64(0), toUInt64(0), toUInt64(0), toUInt64(0), toDecimal128(0, 4)) AS raw
    FROM footfall.mv_user_funnel
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, user_id
    UNION ALL
    SELECT
        event_date AS day,
        user_id,
        (toUInt64(0), toUInt64(0), toUInt64(0), toUInt64(0), toUInt64(0), toUInt64(0), toDecimal128(0, 4)) AS ours,
        (count(), countIf(event_type = 'page_view'), countIf(event_type = 'product_view'),
         countIf(event_type = 'add_to_cart'), countIf(event_type = 'checkout'),
         countIf(event_type = 'purchase'), sum(revenue))                        AS raw
    FROM footfall.events
    WHERE event_date >= {from:Date} AND event_date < {to:Date}
    GROUP BY day, user_id
)
GROUP BY day, user_id
HAVING sum(ours.1) != sum(raw.1) OR sum(ours.2) != sum(raw.2) OR sum(ours.3) != sum(raw.3)
    OR sum(ours.4) != sum(raw.4) OR sum(ours.5) != sum(raw.5) OR sum(ours.6) != sum(raw.6)
    OR sum(ours.7) != sum(raw.7)
ORDER BY day, row
LIMIT {limit:UInt32}
