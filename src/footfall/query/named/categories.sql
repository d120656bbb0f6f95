-- title: Categories
-- description: What the products of each category brought, by the category that a product has now.
-- reads: mv_product_revenue, products
-- grain: day
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: category text ; category; empty where the shop has told none
-- column: revenue money ; gross: sum of completed order lines
-- column: refunds money ; sum of refunded and cancelled order lines, negative
-- column: net money ; revenue + refunds
-- column: quantity count ; pieces in completed order lines
-- column: share percent ; revenue / revenue of all categories; null where there is none
SELECT
    category, revenue, refunds,
    revenue + refunds                                                             AS net,
    quantity,
    if(total = 0, NULL, round(100 * toFloat64(revenue) / toFloat64(total), 4))    AS share
FROM
(
    SELECT
        p.category                  AS category,
        sum(sums.revenue)           AS revenue,
        sum(sums.refunds)           AS refunds,
        sum(sums.quantity)          AS quantity,
        sum(revenue) OVER ()        AS total
    FROM
    (
        SELECT
            product_id,
            sumIf(total_revenue, status = 'completed')                    AS revenue,
            sumIf(total_revenue, status IN ('refunded', 'cancelled'))     AS refunds,
            sumIf(total_quantity, status = 'completed')                   AS quantity
        FROM footfall.mv_product_revenue
        WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
            AND status IN ('completed', 'refunded', 'cancelled')
            AND ({category:String} = '' OR product_id IN
                (SELECT product_id FROM footfall.current_products WHERE category = {category:String}))
        GROUP BY product_id
    ) AS sums
    LEFT ANY JOIN (SELECT product_id, category FROM footfall.current_products) AS p USING (product_id)
    GROUP BY category
)
ORDER BY revenue DESC, category
LIMIT {limit:UInt32}
