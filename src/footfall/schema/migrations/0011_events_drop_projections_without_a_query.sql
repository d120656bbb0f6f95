-- Projections that no named query was answered from; 0012 puts those of `session_timeline`, `devices` and
-- `sources` in their place.
ALTER TABLE footfall.events {on_cluster}
    DROP PROJECTION IF EXISTS proj_by_session,
    DROP PROJECTION IF EXISTS proj_daily_devices,
    DROP PROJECTION IF EXISTS proj_daily_sources
