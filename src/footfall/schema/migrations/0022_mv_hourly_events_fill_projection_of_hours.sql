-- Fills the projection of 0021 for rows that are there already; runs on in the background.
ALTER TABLE footfall.mv_hourly_events {on_cluster} MATERIALIZE PROJECTION proj_by_hour
