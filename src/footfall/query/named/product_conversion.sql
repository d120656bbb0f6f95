-- title: Products from views to purchases
-- description: Of each product: shoppers who viewed it, put it into a cart and bought it, what it brought, and what came
--   back. With product_id it is the page of numbers of one product.
-- reads: events, orders, products, identities
-- note: Anonymous shoppers who logged in count as one with their user. Buyers and money are those of the ledger.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: product_id String = ; id ; this product alone, as the shop knows it or as Footfall stores it; empty: all
-- param: limit UInt32 = 50 ; 1..10000 ; rows at most, those with most viewers
-- column: product_id id ; the product as Footfall stores it
-- column: external_id text ; the product as the shop knows it
-- column: name text ; name
-- column: category text ; category
-- column: views count ; product_view events
-- column: viewers count ; shoppers with a product_view event
-- column: carters count ; shoppers with an add_to_cart event
-- column: buyers count ; distinct users with a completed line
-- column: orders count ; distinct orders with a completed line
-- column: quantity count ; pieces in completed lines
-- column: gross money ; sum of completed lines
-- column: refunds money ; sum of refunded and cancelled lines, negative
-- column: net money ; gross + refunds
-- column: cart_rate percent ; carters / viewers; null where there are no viewers
-- column: purchase_rate percent ; buyers / carters; null where there are none
-- column: conversion percent ; buyers / viewers; null where there are no viewers
SELECT
    product_id,
    if(p.external_id = '', toString(product_id), p.external_id)              AS external_id,
    p.name                                                                   AS name,
    p.category                                                               AS category,
    views, viewers, carters, buyers, orders, quantity, gross, refunds,
    gross + refunds                                                          AS net,
    if(viewers = 0, NULL, round(100 * carters / viewers, 4))                 AS cart_rate,
    if(carters = 0, NULL, round(100 * buyers / carters, 4))                  AS purchase_rate,
    if(viewers = 0, NULL, round(100 * buyers / viewers, 4))                  AS conversion
FROM
(
    SELECT
        product_id,
        sum(seen.1) AS views, sum(seen.2) AS viewers, sum(seen.3) AS carters,
        sum(sold.1) AS buyers, sum(sold.2) AS orders, sum(sold.3) AS quantity, sum(sold.4) AS gross, sum(sold.5) AS refunds
    FROM
    (
        SELECT
            product_id,
            (countIf(event_type = 'product_view'),
             uniqExactIf(shopper, shopper != 0 AND event_type = 'product_view'),
             uniqExactIf(shopper, shopper != 0 AND event_type = 'add_to_cart'))      AS seen,
            (toUInt64(0), toUInt64(0), toInt64(0), toDecimal128(0, 4), toDecimal128(0, 4)) AS sold
        FROM
        (
            SELECT
                events.product_id                                                    AS product_id,
                event_type,
                if(linked.user_id != 0, linked.user_id, events.user_id)              AS shopper
            FROM footfall.events
            LEFT ANY JOIN
            (
                SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id
                FROM footfall.identities
                GROUP BY anonymous_id
            ) AS linked ON events.user_id = linked.anonymous_id
            WHERE events.product_id != 0 AND event_type IN ('product_view', 'add_to_cart')
                AND ({product_id:String} = '' OR events.product_id = toUInt64OrZero({product_id:String}))
                AND event_date >= toDate({from:DateTime64(3, 'UTC')})
                AND event_date <= toDate({to:DateTime64(3, 'UTC')})
                AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
                AND {part:context_filters}
        )
        GROUP BY product_id
        UNION ALL
        SELECT
            product_id,
            (toUInt64(0), toUInt64(0), toUInt64(0)),
            (uniqExactIf(user_id, user_id != 0 AND status = 'completed'),
             uniqExactIf(order_id, status = 'completed'),
             sumIf(toInt64(quantity), status = 'completed'),
             sumIf(total_amount, status = 'completed'),
             sumIf(total_amount, status IN ('refunded', 'cancelled')))
        FROM footfall.orders
        WHERE product_id != 0 AND status IN ('completed', 'refunded', 'cancelled')
            AND ({product_id:String} = '' OR product_id = toUInt64OrZero({product_id:String}))
            AND order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
            AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
            AND {part:order_filters}
        GROUP BY product_id
    )
    GROUP BY product_id
    ORDER BY viewers DESC, gross DESC, product_id
    LIMIT {limit:UInt32}
) AS f
LEFT JOIN
(
    SELECT product_id, external_id, name, category FROM footfall.current_products
) AS p USING (product_id)
ORDER BY viewers DESC, gross DESC, product_id
