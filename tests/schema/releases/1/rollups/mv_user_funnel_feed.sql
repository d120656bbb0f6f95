-- mv_user_funnel_feed: the trigger that fills mv_user_funnel on each insert into events.
CREATE MATERIALIZED VIEW IF NOT EXISTS footfall.mv_user_funnel_feed {on_cluster}
TO footfall.mv_user_funnel AS
SELECT
    user_id,
    event_date,
    countState()                              AS total_events,
    sumState(event_type = 'page_view')        AS page_views,
    sumState(event_type = 'product_view')     AS product_views,
    sumState(event_type = 'add_to_cart')      AS add_to_cart,
    sumState(event_type = 'checkout')         AS checkouts,
    sumState(event_type = 'purchase')         AS purchases,
    sumState(events.revenue)                  AS revenue
FROM footfall.events
GROUP BY user_id, event_date
