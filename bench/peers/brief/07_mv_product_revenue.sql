CREATE MATERIALIZED VIEW peers_brief.mv_product_revenue
ENGINE = SummingMergeTree ORDER BY (product_id, order_date, status) AS
SELECT
    product_id,
    order_date,
    status,
    count() AS order_count,
    sum(total_amount) AS total_revenue,
    sum(quantity) AS total_quantity,
    avg(total_amount) AS avg_order_value
FROM peers_brief.orders
GROUP BY product_id, order_date, status
