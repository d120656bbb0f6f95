-- Sessions by day are in mv_daily_events.
ALTER TABLE footfall.mv_country_stats {on_cluster} DROP COLUMN IF EXISTS unique_sessions
