-- Fills the projections of 0006 for rows that are there already; runs on in the background.
ALTER TABLE footfall.events {on_cluster}
    MATERIALIZE PROJECTION proj_by_country,
    MATERIALIZE PROJECTION proj_by_user,
    MATERIALIZE PROJECTION proj_by_timestamp,
    MATERIALIZE PROJECTION proj_by_product
