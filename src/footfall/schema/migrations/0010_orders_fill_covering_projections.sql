-- Fills the projections of 0009 for rows that are there already; runs on in the background.
ALTER TABLE footfall.orders {on_cluster}
    MATERIALIZE PROJECTION proj_by_user,
    MATERIALIZE PROJECTION proj_by_product,
    MATERIALIZE PROJECTION proj_by_amount
