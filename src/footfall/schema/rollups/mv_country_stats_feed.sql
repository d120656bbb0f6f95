-- mv_country_stats_feed: the trigger that fills mv_country_stats on each insert into events.
CREATE MATERIALIZED VIEW IF NOT EXISTS footfall.mv_country_stats_feed {on_cluster}
TO footfall.mv_country_stats AS
SELECT
    country,
    event_date,
    count()                                     AS event_count,
    uniqStateIf(user_id, user_id != 0)          AS unique_users,
    sum(events.revenue)                         AS revenue,
    countIf(event_type = 'purchase')            AS purchase_count,
    uniqCombined64StateIf(user_id, user_id != 0) AS visitors
FROM footfall.events
GROUP BY country, event_date
