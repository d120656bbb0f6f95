-- Fills the projections of 0032 for rows that are there already; runs on in the background.
ALTER TABLE footfall.events {on_cluster}
    MATERIALIZE PROJECTION proj_by_product,
    MATERIALIZE PROJECTION proj_by_session
