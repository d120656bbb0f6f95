-- Distinct users by a state that merges in half the time, beside that of unique_users.
ALTER TABLE footfall.mv_country_stats {on_cluster}
    ADD COLUMN IF NOT EXISTS visitors AggregateFunction(uniqCombined64, UInt64) AFTER purchase_count
