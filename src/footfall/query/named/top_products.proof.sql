SELECT
    product_id,
    if(p.external_id = '', toString(product_id), p.external_id)                     AS external_id,
    p.name                                                                          AS name,
    p.category                                                                      AS category,
    sumIf(total_amount, status = 'completed')                                       AS revenue,
    sumIf(total_amount, status IN ('refunded', 'cancelled'))                        AS refunds,
    sumIf(total_amount, status IN ('completed', 'refunded', 'cancelled'))           AS net,
    sumIf(toInt64(quantity), status = 'completed')                                  AS quantity,
    uniqExactIf(order_id, status = 'completed')                                     AS orders,
    if(orders = 0, NULL, round(toFloat64(revenue) / orders, 4))                     AS aov
FROM footfall.orders
LEFT ANY JOIN
(
    SELECT product_id, external_id, name, category
    FROM footfall.products
    ORDER BY updated_at DESC, block_id DESC
    LIMIT 1 BY product_id
) AS p USING (product_id)
WHERE order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND status IN ('completed', 'refunded', 'cancelled')
    AND ({product_id:String} = '' OR product_id = toUInt64OrZero({product_id:String}))
    AND {part:order_filters}
GROUP BY product_id, external_id, name, category
ORDER BY revenue DESC, product_id
LIMIT {limit:UInt32}
