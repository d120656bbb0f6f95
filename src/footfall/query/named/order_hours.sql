-- title: Orders by hour of the day
-- description: Order lines, customers and money by hour of the day, over all days of a range.
-- reads: orders
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: hour count ; hour of the day, 0 to 23, of the zone
-- column: lines count ; rows of the ledger, of every status
-- column: customers count ; distinct users of those rows
-- column: orders count ; distinct orders with a completed line
-- column: gross money ; sum of completed order lines
SELECT
    toHour(order_timestamp, {tz:String})                AS hour,
    count()                                        AS lines,
    uniqExactIf(user_id, user_id != 0)             AS customers,
    uniqExactIf(order_id, status = 'completed')    AS orders,
    sumIf(total_amount, status = 'completed')      AS gross
FROM footfall.orders
WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
    AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:order_filters}
GROUP BY hour
ORDER BY hour WITH FILL FROM 0 TO 24
