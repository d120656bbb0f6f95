-- mv_hourly_events: events by hour and type; answers hourly activity and the shop's totals.
--
-- Columns: event_count and total_revenue add up; unique_users is a state: uniqMerge(unique_users).
-- Cost:    one row an hour and type, and a state that grows with the hour's users.
CREATE TABLE IF NOT EXISTS footfall.mv_hourly_events {on_cluster}
(
    event_date     Date,
    event_hour     UInt8,
    event_type     LowCardinality(String),
    event_count    UInt64,
    unique_users   AggregateFunction(uniq, UInt64),
    total_revenue  Decimal(38, 4)
)
ENGINE = {engine:SummingMergeTree}
PARTITION BY toYYYYMM(event_date)
ORDER BY (event_date, event_hour, event_type)
SETTINGS non_replicated_deduplication_window = 10000
