-- Rows of a range of days in which mv_product_revenue differs from orders; a measure is (rollup, raw).
SELECT
    day,
    concat('product ', toString(product_id), ', ', status)    AS row,
    (sum(ours.1), sum(raw.1))                                 AS order_count,
    (sum(ours.2), sum(raw.2))                                 AS total_revenue,
    (sum(ours.3), sum(raw.3))                                 AS total_quantity
FROM
(
    SELECT
        order_date AS day,
        product_id,
        CAST(status, 'String')                                              AS status,
        (uniqMerge(order_count), sum(total_revenue), sum(total_quantity))   AS ours,
        (toUInt64(0), toDecimal128(0, 4), toInt64(0))                       AS raw
    FROM footfall.mv_product_revenue
    WHERE order_date >= {from:Date} AND order_date < {to:Date}
    GROUP BY day, product_id, status
    UNION ALL
    SELECT
        order_date AS day,
        product_id,
        CAST(status, 'String')                                              AS status,
        (toUInt64(0), toDecimal128(0, 4), toInt64(0))                       AS ours,
        (uniq(order_id), sum(total_amount), sum(toInt64(quantity)))         AS raw
    FROM footfall.orders
    WHERE order_date >= {from:Date} AND order_date < {to:Date}
    GROUP BY day, product_id, status
)
GROUP BY day, product_id, status
HAVING sum(ours.1) != sum(raw.1) OR sum(ours.2) != sum(raw.2) OR sum(ours.3) != sum(raw.3)
ORDER BY day, row
LIMIT {limit:UInt32}
