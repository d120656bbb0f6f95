-- mv_product_revenue_feed: the trigger that fills mv_product_revenue on each insert into orders.
CREATE MATERIALIZED VIEW IF NOT EXISTS footfall.mv_product_revenue_feed {on_cluster}
TO footfall.mv_product_revenue AS
SELECT
    product_id,
    order_date,
    status,
    uniqState(order_id)       AS order_count,
    sum(total_amount)         AS total_revenue,
    sum(toInt64(quantity))    AS total_quantity
FROM footfall.orders
GROUP BY product_id, order_date, status
