-- As 0005, for orders.
ALTER TABLE footfall.orders {on_cluster}
    DROP PROJECTION IF EXISTS proj_by_user,
    DROP PROJECTION IF EXISTS proj_by_product,
    DROP PROJECTION IF EXISTS proj_by_amount
