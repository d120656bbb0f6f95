CREATE MATERIALIZED VIEW peers_brief.daily_user_activity
ENGINE = SummingMergeTree ORDER BY (user_id, activity_date) AS
SELECT
    user_id,
    event_date AS activity_date,
    count() AS activity_count,
    uniq(event_type) AS event_types_used
FROM peers_brief.events
GROUP BY user_id, activity_date
