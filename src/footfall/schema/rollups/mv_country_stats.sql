-- mv_country_stats: events, users, revenue and purchases by country and day; answers geography.
--
-- Columns: counts and revenue add up; unique_users is a state: uniqMerge(unique_users).
--          `visitors` counts the same users by a state that merges in half the time: uniqCombined64Merge(visitors).
--          Days whose raw rows had expired when it was added have none: who asks for those takes unique_users.
CREATE TABLE IF NOT EXISTS footfall.mv_country_stats {on_cluster}
(
    country          LowCardinality(String),
    event_date       Date,
    event_count      UInt64,
    unique_users     AggregateFunction(uniq, UInt64),
    revenue          Decimal(38, 4),
    purchase_count   UInt64,
    visitors         AggregateFunction(uniqCombined64, UInt64)
)
ENGINE = {engine:SummingMergeTree}
PARTITION BY toYYYYMM(event_date)
ORDER BY (country, event_date)
SETTINGS non_replicated_deduplication_window = 10000
