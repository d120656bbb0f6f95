-- Fills the projection of 0016 for rows that are there already; runs on in the background.
ALTER TABLE footfall.users {on_cluster} MATERIALIZE PROJECTION proj_by_registration
