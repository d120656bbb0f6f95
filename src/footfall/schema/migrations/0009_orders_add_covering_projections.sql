-- The sort orders of 0008 with the columns of order history.
ALTER TABLE footfall.orders {on_cluster}
    ADD PROJECTION IF NOT EXISTS proj_by_user
    (
        SELECT
            order_timestamp, order_date, order_id, line_id, user_id, product_id, status, payment_method,
            quantity, unit_price, discount, total_amount, currency, country, unlinked
        ORDER BY user_id, order_timestamp
    ) FIRST,
    ADD PROJECTION IF NOT EXISTS proj_by_product
    (
        SELECT
            order_timestamp, order_date, order_id, line_id, user_id, product_id, status, payment_method,
            quantity, unit_price, discount, total_amount, currency, country, unlinked
        ORDER BY product_id, order_timestamp
    ) AFTER proj_by_user,
    ADD PROJECTION IF NOT EXISTS proj_by_amount
    (
        SELECT
            order_timestamp, order_date, order_id, line_id, user_id, product_id, status, payment_method,
            quantity, unit_price, discount, total_amount, currency, country, unlinked
        ORDER BY total_amount
    ) AFTER proj_by_product
