-- Fills the projections of 0012 for rows that are there already; runs on in the background.
ALTER TABLE footfall.events {on_cluster}
    MATERIALIZE PROJECTION proj_by_session,
    MATERIALIZE PROJECTION proj_daily_devices,
    MATERIALIZE PROJECTION proj_daily_sources
