-- title: Orders by …
-- description: Order lines, customers and money by status, country, payment method or product.
-- reads: orders
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: by String = status ; status|country|payment_method|product_id ; what to break down by
-- param: limit UInt32 = 50 ; 1..10000 ; rows at most
-- column: value text ; status, country, payment method or stored product id
-- column: lines count ; rows of the ledger, of every status
-- column: customers count ; distinct users of those rows
-- column: completed_lines count ; completed rows
-- column: orders count ; distinct orders with a completed line
-- column: gross money ; sum of completed order lines
-- column: refunds money ; sum of refunded and cancelled order lines, negative
-- column: net money ; gross + refunds
SELECT
    multiIf({by:String} = 'country', CAST(country, 'String'),
            {by:String} = 'payment_method', CAST(payment_method, 'String'),
            {by:String} = 'product_id', toString(product_id),
            CAST(status, 'String'))                              AS value,
    count()                                                      AS lines,
    uniqExactIf(user_id, user_id != 0)                           AS customers,
    countIf(status = 'completed')                                AS completed_lines,
    uniqExactIf(order_id, status = 'completed')                  AS orders,
    sumIf(total_amount, status = 'completed')                    AS gross,
    sumIf(total_amount, status IN ('refunded', 'cancelled'))     AS refunds,
    gross + refunds                                              AS net
FROM footfall.orders
WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
    AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:order_filters}
GROUP BY value
ORDER BY gross DESC, value
LIMIT {limit:UInt32}
