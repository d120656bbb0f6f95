-- title: Bought together
-- description: Pairs of products that stand in the same orders, and whether that is more than chance: lift is how many times
--   as often as if the two had nothing to do with each other. Of orders with two products or more; of one alone nothing
--   is to be learnt. With product_id: what is bought together with it.
-- reads: orders, products
-- note: Pairs are looked for among the products that stand in most orders (`among`); with product_id, among all.
-- param: from DateTime64(3, 'UTC') = today-89d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: product_id String = ; id ; pairs with this product, as the shop knows it or as Footfall stores it; empty: all
-- param: among UInt32 = 300 ; 2..1000 ; products to look among
-- param: min_orders UInt32 = 3 ; 1..1000000 ; orders that a pair needs: fewer are chance
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: product_id id ; the asked product, else the one of the two that stands in fewer orders, as Footfall stores it
-- column: name text ; its name, else the id that the shop knows it by
-- column: other_id id ; the other product
-- column: other_name text ; its name likewise
-- column: orders count ; distinct orders with a completed line of both
-- column: share percent ; of the orders with the first product and any other, those with this other
-- column: lift ratio ; share / the share of all orders of two products or more that hold the other
SELECT
    pair.1                                                              AS product_id,
    multiIf(p.name != '', p.name, p.external_id != '', p.external_id, toString(pair.1)) AS name,
    pair.2                                                              AS other_id,
    multiIf(o.name != '', o.name, o.external_id != '', o.external_id, toString(pair.2)) AS other_name,
    both                                                                AS orders,
    round(100 * both / of_first, 4)                                     AS share,
    round(both * all_orders / (of_first * of_other), 4)                 AS lift
FROM
(
    SELECT
        both, all_orders,
        {product_id:String} = toString(other) OR {product_id:String} = '' AND (of_b, other) < (of_a, first)     AS turned,
        if(turned, (other, first), (first, other))                      AS pair,
        if(turned, of_b, of_a)                                          AS of_first,
        if(turned, of_a, of_b)                                          AS of_other
    FROM
    (
        -- A product with itself counts its orders; 0, which stands for the order, with itself counts them all.
        SELECT
            first, other, both,
            maxIf(both, first = other) OVER (PARTITION BY first)        AS of_a,
            maxIf(both, first = other) OVER (PARTITION BY other)        AS of_b,
            maxIf(both, first = 0 AND other = 0) OVER ()                AS all_orders
        FROM
        (
            SELECT first, other, count() AS both
            FROM
            (
                SELECT items, arrayJoin(items) AS first
                FROM
                (
                    SELECT arrayPushFront(groupUniqArrayIf(product_id, {product_id:String} != '' OR product_id IN
                        (
                            SELECT product_id
                            FROM footfall.orders
                            WHERE status = 'completed' AND product_id != 0
                                AND order_date >= toDate({from:DateTime64(3, 'UTC')})
                                AND order_date <= toDate({to:DateTime64(3, 'UTC')})
                            GROUP BY product_id
                            ORDER BY uniqExact(order_id) DESC, product_id
                            LIMIT {among:UInt32}
                        )), 0)                                          AS items
                    FROM footfall.orders
                    WHERE status = 'completed' AND product_id != 0
                        AND order_date >= toDate({from:DateTime64(3, 'UTC')})
                        AND order_date <= toDate({to:DateTime64(3, 'UTC')})
                        AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
                        AND {part:order_filters}
                    GROUP BY order_id
                    HAVING uniqExact(product_id) > 1
                )
            )
            ARRAY JOIN arrayFilter(
                item -> item = first OR first != 0 AND item > first
                    AND ({product_id:String} = '' OR toUInt64OrZero({product_id:String}) IN (first, item)),
                items)                                                  AS other
            GROUP BY first, other
        )
    )
    WHERE first != other AND both >= {min_orders:UInt32}
) AS pairs
LEFT JOIN (SELECT product_id, external_id, name FROM footfall.current_products) AS p ON pairs.pair.1 = p.product_id
LEFT JOIN (SELECT product_id, external_id, name FROM footfall.current_products) AS o ON pairs.pair.2 = o.product_id
ORDER BY both DESC, lift DESC, product_id, other_id
LIMIT {limit:UInt32}
