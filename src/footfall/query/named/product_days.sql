-- title: Products by day
-- description: What each product brought on each day: of the products that earn most, or of one. Days on which a product
--   neither sold nor came back are left out.
-- reads: mv_product_revenue
-- grain: day
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: product_id String = ; id ; this product alone, as the shop knows it or as Footfall stores it; empty: those that earn most
-- param: products UInt32 = 100 ; 1..1000 ; products at most, those of most gross revenue
-- param: limit UInt32 = 10000 ; 1..100000 ; rows at most
-- column: product_id id ; the product as Footfall stores it
-- column: day day ; the day
-- column: revenue money ; gross: sum of completed order lines
-- column: refunds money ; sum of refunded and cancelled order lines, negative
-- column: net money ; revenue + refunds
-- column: quantity count ; pieces in completed order lines
SELECT
    product_id,
    order_date                                                        AS day,
    sumIf(total_revenue, status = 'completed')                        AS revenue,
    sumIf(total_revenue, status IN ('refunded', 'cancelled'))         AS refunds,
    revenue + refunds                                                 AS net,
    sumIf(total_quantity, status = 'completed')                       AS quantity
FROM footfall.mv_product_revenue
WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
    AND status IN ('completed', 'refunded', 'cancelled')
    AND ({product_id:String} = '' OR product_id = toUInt64OrZero({product_id:String}))
    AND ({category:String} = '' OR product_id IN
        (SELECT product_id FROM footfall.current_products WHERE category = {category:String}))
    AND ({product_id:String} != '' OR product_id IN
        (
            SELECT product_id
            FROM footfall.mv_product_revenue
            WHERE order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date < toDate({to:DateTime64(3, 'UTC')})
                AND status = 'completed'
                AND ({category:String} = '' OR product_id IN
                    (SELECT product_id FROM footfall.current_products WHERE category = {category:String}))
            GROUP BY product_id
            ORDER BY sum(total_revenue) DESC, product_id
            LIMIT {products:UInt32}
        ))
GROUP BY product_id, day
ORDER BY product_id, day
LIMIT {limit:UInt32}
