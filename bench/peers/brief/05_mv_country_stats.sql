CREATE MATERIALIZED VIEW peers_brief.mv_country_stats
ENGINE = SummingMergeTree ORDER BY (country, event_date) AS
SELECT
    country,
    event_date,
    count() AS event_count,
    uniq(user_id) AS unique_users,
    sum(revenue) AS revenue,
    countIf(event_type = 'purchase') AS purchase_count
FROM peers_brief.events
GROUP BY country, event_date
