-- title: Top products
-- description: Products by gross revenue, with what came back. With product_id it is what one product brought.
-- reads: mv_product_revenue, products
-- grain: day
-- estimate: orders, aov
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: product_id String = ; id ; this product alone, as the shop knows it or as Footfall stores it; empty: all
-- param: limit UInt32 = 10 ; 1..1000 ; rows at most
-- column: product_id id ; the product as Footfall stores it
-- column: external_id text ; the product as the shop knows it
-- column: name text ; name
-- column: category text ; category
-- column: revenue money ; gross: sum of completed order lines
-- column: refunds money ; sum of refunded and cancelled order lines, negative
-- column: net money ; revenue + refunds
-- column: quantity count ; pieces in completed order lines
-- column: orders count ; distinct orders with a completed line of the product
-- column: aov money ; revenue / orders: what an order brings of this product
SELECT
    product_id,
    if(p.external_id = '', toString(product_id), p.external_id)    AS external_id,
    p.name                                                         AS name,
    p.category                                                     AS category,
    revenue,
    refunds,
    revenue + refunds                                              AS net,
    quantity,
    orders,
    if(orders = 0, NULL, round(toFloat64(revenue) / orders, 4))    AS aov
FROM
(
    SELECT
        product_id,
        sumIf(total_revenue, status = 'completed')                    AS revenue,
        sumIf(total_revenue, status IN ('refunded', 'cancelled'))     AS refunds,
        sumIf(total_quantity, status = 'completed')                   AS quantity,
        uniqMergeIf(order_count, status = 'completed')                AS orders
    FROM footfall.mv_product_revenue
    WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
        AND status IN ('completed', 'refunded', 'cancelled')
        AND product_id IN
        (
            -- States of distinct orders are merged for the products that are shown, not for all.
            SELECT product_id
            FROM footfall.mv_product_revenue
            WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
                AND status IN ('completed', 'refunded', 'cancelled')
                AND ({product_id:String} = '' OR product_id = toUInt64OrZero({product_id:String}))
                AND ({category:String} = '' OR product_id IN
                    (SELECT product_id FROM footfall.current_products WHERE category = {category:String}))
            GROUP BY product_id
            ORDER BY sumIf(total_revenue, status = 'completed') DESC, product_id
            LIMIT {limit:UInt32}
        )
    GROUP BY product_id
) AS r
LEFT JOIN
(
    SELECT
        product_id,
        argMax(products.external_id, (updated_at, block_id))    AS external_id,
        argMax(products.name, (updated_at, block_id))           AS name,
        argMax(products.category, (updated_at, block_id))       AS category
    FROM footfall.products
    GROUP BY product_id
) AS p USING (product_id)
ORDER BY revenue DESC, product_id
