-- Fills the projection of 0024 for rows that are there already; runs on in the background.
ALTER TABLE footfall.events {on_cluster} MATERIALIZE PROJECTION proj_by_session
