-- mv_hourly_events: events by hour and type; answers hourly activity and the shop's totals.
--
-- Columns: event_count and total_revenue add up; unique_users is a state: uniqMerge(unique_users).
-- Cost:    one row an hour and type, and a state that grows with the hour's users.
-- proj_by_hour holds each hour over all types: a shopper does several things in an hour, so its states are a third
--          of the types' and answer hours, weekdays and days of other zones twice as fast.
CREATE TABLE IF NOT EXISTS footfall.mv_hourly_events {on_cluster}
(
    event_date     Date,
    event_hour     UInt8,
    event_type     LowCardinality(String),
    event_count    UInt64,
    unique_users   AggregateFunction(uniq, UInt64),
    total_revenue  Decimal(38, 4),

    PROJECTION proj_by_hour
    (
        SELECT event_date, event_hour, sum(event_count), uniqMerge(unique_users), sum(total_revenue)
        GROUP BY event_date, event_hour
    )
)
ENGINE = {engine:SummingMergeTree}
PARTITION BY toYYYYMM(event_date)
ORDER BY (event_date, event_hour, event_type)
SETTINGS non_replicated_deduplication_window = 10000, deduplicate_merge_projection_mode = 'rebuild'
