-- Days that orders or its rollup holds, from a day on, each with the lines of that day.
SELECT day, sum(lines) AS lines
FROM
(
    SELECT order_date AS day, count() AS lines FROM footfall.orders WHERE order_date >= {from:Date} GROUP BY day
    UNION ALL
    SELECT DISTINCT order_date AS day, 0 AS lines FROM footfall.mv_product_revenue WHERE order_date >= {from:Date}
)
GROUP BY day
ORDER BY day
