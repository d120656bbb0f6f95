-- Distinct sessions by country and day, beside distinct users.
ALTER TABLE footfall.mv_country_stats {on_cluster}
    ADD COLUMN IF NOT EXISTS unique_sessions AggregateFunction(uniq, String) AFTER unique_users
