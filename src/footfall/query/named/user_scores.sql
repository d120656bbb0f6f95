-- title: User scores
-- description: Each buyer's recency, frequency and money with their scores from 1 to 5 (RFM), and the segment.
-- reads: orders, users
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: segment String = ; |Champions|Loyal|New|At risk|Lost|Middle ; buyers of this segment alone; empty: all
-- param: limit UInt32 = 100 ; 1..100000 ; rows at most
-- column: user_id id ; the user as Footfall stores it
-- column: external_id text ; the user as the shop knows it
-- column: last_purchase time ; time of the last completed order line
-- column: orders count ; distinct orders with a completed line
-- column: revenue money ; net revenue: completed, refunded and cancelled lines
-- column: r count ; score of recency, 5 is best
-- column: f count ; score of frequency, 5 is best
-- column: m count ; score of money, 5 is best
-- column: segment text ; name of the segment
SELECT
    user_id,
    external_id,
    last_purchase,
    orders,
    revenue,
    ntile(5) OVER (ORDER BY last_purchase, external_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS r,
    ntile(5) OVER (ORDER BY orders, external_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)        AS f,
    ntile(5) OVER (ORDER BY revenue, external_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)       AS m,
    multiIf(r >= 4 AND f >= 4 AND m >= 4, 'Champions', f >= 4, 'Loyal', r >= 4 AND f <= 2, 'New',
            r <= 2 AND f >= 3, 'At risk', r <= 2 AND f <= 2, 'Lost', 'Middle')                                   AS segment
FROM
(
    SELECT
        user_id,
        if(u.external_id = '', toString(user_id), u.external_id)    AS external_id,
        last_purchase, orders, revenue
    FROM
    (
        SELECT
            user_id,
            maxIf(order_timestamp, status = 'completed')            AS last_purchase,
            uniqExactIf(order_id, status = 'completed')             AS orders,
            sum(total_amount)                                       AS revenue
        FROM footfall.orders
        WHERE user_id != 0 AND status IN ('completed', 'refunded', 'cancelled')
            AND order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
            AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
            AND {part:ledger_filters}
        GROUP BY user_id
        HAVING orders > 0
    ) AS buyers
    LEFT JOIN
    (
{part:shop_ids}
    ) AS u USING (user_id)
)
QUALIFY {segment:String} = '' OR segment = {segment:String}
ORDER BY revenue DESC, external_id
LIMIT {limit:UInt32}
