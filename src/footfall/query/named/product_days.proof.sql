SELECT
    product_id,
    toDate(order_timestamp, {tz:String})                                            AS day,
    sumIf(total_amount, status = 'completed')                                       AS revenue,
    sumIf(total_amount, status IN ('refunded', 'cancelled'))                        AS refunds,
    sum(total_amount)                                                               AS net,
    sumIf(toInt64(quantity), status = 'completed')                                  AS quantity
FROM footfall.orders
WHERE order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND status IN ('completed', 'refunded', 'cancelled')
    AND {part:order_filters}
    AND if({product_id:String} != '', product_id = toUInt64OrZero({product_id:String}), product_id IN
        (
            SELECT product_id
            FROM footfall.orders
            WHERE order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
                AND status = 'completed'
                AND {part:order_filters}
            GROUP BY product_id
            ORDER BY sum(total_amount) DESC, product_id
            LIMIT {products:UInt32}
        ))
GROUP BY product_id, day
ORDER BY product_id, day
LIMIT {limit:UInt32}
