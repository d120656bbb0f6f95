-- The planner takes projections of row numbers only in parts of a million rows and more, and never for a
-- column of the sort key; 0006 puts the same sort orders with the columns of their queries in their place.
ALTER TABLE footfall.events {on_cluster}
    DROP PROJECTION IF EXISTS proj_by_country,
    DROP PROJECTION IF EXISTS proj_by_user,
    DROP PROJECTION IF EXISTS proj_by_timestamp,
    DROP PROJECTION IF EXISTS proj_by_product
