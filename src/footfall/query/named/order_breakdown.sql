-- title: Orders by …
-- description: Order lines, customers and money by status, country, payment method, product, category, or new and
--   returning customers.
-- reads: orders, products
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: by String = status ; status|country|payment_method|product_id|category|customer ; what to break down by
-- param: limit UInt32 = 50 ; 1..10000 ; rows at most
-- column: value text ; status, country, payment method, stored product id, category, or whether the order is its user's first
--   (new), a later one (returning) or nobody's (unknown)
-- column: lines count ; rows of the ledger, of every status
-- column: customers count ; distinct users of those rows
-- column: completed_lines count ; completed rows
-- column: orders count ; distinct orders with a completed line
-- column: gross money ; sum of completed order lines
-- column: refunds money ; sum of refunded and cancelled order lines, negative
-- column: net money ; gross + refunds
-- column: aov money ; gross / orders; null where there are no orders
SELECT
    multiIf({by:String} = 'country', CAST(country, 'String'),
            {by:String} = 'payment_method', CAST(payment_method, 'String'),
            {by:String} = 'product_id', toString(orders.product_id),
            {by:String} = 'category', categories.name,
            {by:String} = 'customer', multiIf(orders.user_id = 0, 'unknown', orders.order_id = firsts.order_id, 'new', 'returning'),
            CAST(status, 'String'))                              AS value,
    count()                                                      AS lines,
    uniqExactIf(orders.user_id, orders.user_id != 0)             AS customers,
    countIf(status = 'completed')                                AS completed_lines,
    uniqExactIf(orders.order_id, status = 'completed')           AS orders,
    sumIf(total_amount, status = 'completed')                    AS gross,
    sumIf(total_amount, status IN ('refunded', 'cancelled'))     AS refunds,
    gross + refunds                                              AS net,
    if(orders = 0, NULL, round(toFloat64(gross) / orders, 4))    AS aov
FROM footfall.orders
LEFT ANY JOIN
(
    SELECT product_id, category AS name FROM footfall.current_products WHERE {by:String} = 'category'
) AS categories ON orders.product_id = categories.product_id
LEFT ANY JOIN
(
    SELECT user_id, argMin(order_id, (order_timestamp, order_id)) AS order_id
    FROM footfall.orders
    WHERE {by:String} = 'customer' AND user_id != 0 AND status = 'completed'
    GROUP BY user_id
) AS firsts ON orders.user_id = firsts.user_id
WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
    AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:order_filters}
GROUP BY value
ORDER BY gross DESC, value
LIMIT {limit:UInt32}
