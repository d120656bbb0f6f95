CREATE MATERIALIZED VIEW peers_brief.mv_user_funnel
ENGINE = AggregatingMergeTree ORDER BY (user_id, event_date) AS
SELECT
    user_id,
    event_date,
    countState() AS total_events,
    sumState(toUInt64(event_type = 'page_view')) AS page_views,
    sumState(toUInt64(event_type = 'add_to_cart')) AS add_to_cart,
    sumState(toUInt64(event_type = 'purchase')) AS purchases,
    sumState(revenue) AS revenue
FROM peers_brief.events
GROUP BY user_id, event_date
