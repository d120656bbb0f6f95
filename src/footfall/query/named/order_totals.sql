-- title: Totals of orders
-- description: What the ledger of orders holds over a range.
-- reads: orders
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: user_id String = ; id ; this user alone, as the shop knows it or as Footfall stores it; 0: nobody known; empty: all
-- column: lines count ; rows of the ledger, of every status
-- column: customers count ; distinct users of those rows
-- column: lines_without_user count ; rows of nobody known
-- column: products count ; distinct products
-- column: orders count ; distinct orders with a completed line
-- column: buyers count ; distinct users with a completed line
-- column: gross money ; sum of completed order lines
-- column: refunds money ; sum of refunded and cancelled order lines, negative
-- column: net money ; gross + refunds
-- column: aov money ; gross / orders; null where there are no orders
-- column: pending money ; placed and not money yet
-- column: unlinked money ; the part of refunds that names an order we do not hold
-- column: first_line time ; earliest row; null where there is none
-- column: last_line time ; latest row; null where there is none
SELECT
    count()                                                              AS lines,
    uniqExactIf(user_id, user_id != 0)                                   AS customers,
    countIf(user_id = 0)                                                 AS lines_without_user,
    uniqExactIf(product_id, product_id != 0)                             AS products,
    uniqExactIf(order_id, status = 'completed')                          AS orders,
    uniqExactIf(user_id, user_id != 0 AND status = 'completed')          AS buyers,
    sumIf(total_amount, status = 'completed')                            AS gross,
    sumIf(total_amount, status IN ('refunded', 'cancelled'))             AS refunds,
    gross + refunds                                                      AS net,
    if(orders = 0, NULL, round(toFloat64(gross) / orders, 4))            AS aov,
    sumIf(total_amount, status = 'pending')                              AS pending,
    sumIf(total_amount, orders.unlinked)                                 AS unlinked,
    minOrNull(order_timestamp)                                           AS first_line,
    maxOrNull(order_timestamp)                                           AS last_line
FROM footfall.orders
WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
    AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND ({user_id:String} = '' OR user_id = toUInt64OrZero({user_id:String}))
    AND {part:order_filters}
