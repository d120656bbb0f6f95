SELECT
    p.category                                                                  AS category,
    sumIf(total_amount, status = 'completed')                                   AS revenue,
    sumIf(total_amount, status IN ('refunded', 'cancelled'))                    AS refunds,
    sum(total_amount)                                                           AS net,
    sumIf(toInt64(quantity), status = 'completed')                              AS quantity,
    if(sum(revenue) OVER () = 0, NULL,
       round(100 * toFloat64(revenue) / toFloat64(sum(revenue) OVER ()), 4))    AS share
FROM footfall.orders
LEFT ANY JOIN
(
    SELECT product_id, category
    FROM footfall.products
    ORDER BY updated_at DESC, block_id DESC
    LIMIT 1 BY product_id
) AS p USING (product_id)
WHERE order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND status IN ('completed', 'refunded', 'cancelled')
    AND {part:order_filters}
GROUP BY category
ORDER BY revenue DESC, category
LIMIT {limit:UInt32}
