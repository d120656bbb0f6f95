-- A row an event in each; 0032 adds them with a row an hour of a product, and a hash a session.
ALTER TABLE footfall.events {on_cluster}
    DROP PROJECTION IF EXISTS proj_by_product,
    DROP PROJECTION IF EXISTS proj_by_session
