CREATE MATERIALIZED VIEW peers_brief.mv_hourly_events
ENGINE = SummingMergeTree ORDER BY (event_date, event_hour, event_type) AS
SELECT
    event_date,
    toHour(event_timestamp) AS event_hour,
    event_type,
    count() AS event_count,
    uniq(user_id) AS unique_users,
    sum(revenue) AS total_revenue
FROM peers_brief.events
GROUP BY event_date, event_hour, event_type
