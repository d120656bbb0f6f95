-- Conversion funnel
WITH agg AS (
    SELECT
        countMerge(total_events) as total,
        sumMerge(page_views) as views,
        sumMerge(purchases) as purchases
    FROM mv_user_funnel
    WHERE event_date >= today() - 30
)
SELECT *, purchases * 100.0 / views as conversion_rate
FROM agg
