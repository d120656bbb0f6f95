-- Days that orders or its rollup holds, from a day on.
SELECT DISTINCT day
FROM
(
    SELECT order_date AS day FROM footfall.orders WHERE order_date >= {from:Date}
    UNION DISTINCT
    SELECT order_date AS day FROM footfall.mv_product_revenue WHERE order_date >= {from:Date}
)
ORDER BY day
