-- title: Revenue trend
-- description: Money, orders and buyers by hour, day, week or month, from the ledger of orders.
-- reads: orders
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: grain String = month ; hour|day|week|month ; length of a period; weeks begin on Monday
-- param: limit UInt32 = 100000 ; 1..100000 ; periods at most, the latest of the range
-- column: period time ; start of the period
-- column: gross money ; sum of completed order lines
-- column: refunds money ; sum of refunded and cancelled order lines, negative
-- column: net money ; gross + refunds
-- column: orders count ; distinct orders with a completed line
-- column: buyers count ; distinct users with a completed line
-- column: aov money ; gross / orders; null where there are no orders
-- column: lines count ; rows of the ledger, of every status
-- column: customers count ; distinct users of those rows
SELECT period, gross, refunds, net, orders, buyers, aov, lines, customers
FROM
(
    SELECT
        toDateTime(dateTrunc({grain:String}, order_timestamp, {tz:String}), {tz:String})    AS period,
        sumIf(total_amount, status = 'completed')                               AS gross,
        sumIf(total_amount, status IN ('refunded', 'cancelled'))                AS refunds,
        gross + refunds                                                         AS net,
        uniqExactIf(order_id, status = 'completed')                             AS orders,
        uniqExactIf(user_id, user_id != 0 AND status = 'completed')             AS buyers,
        if(orders = 0, NULL, round(toFloat64(gross) / orders, 4))               AS aov,
        count()                                                                 AS lines,
        uniqExactIf(user_id, user_id != 0)                                      AS customers
    FROM footfall.orders
    WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
        AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:order_filters}
    GROUP BY period
    ORDER BY period DESC
    LIMIT {limit:UInt32}
)
ORDER BY period
