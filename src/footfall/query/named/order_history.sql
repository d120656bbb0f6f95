-- title: Order history
-- description: Rows of the ledger of orders, by user, product and status, the latest first.
-- reads: orders
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: user_id String = ; id ; this user alone, as the shop knows it or as Footfall stores it; 0: nobody known; empty: all
-- param: product_id String = ; id ; this product alone, likewise; empty: all
-- param: status String = ; |pending|completed|cancelled|refunded|adjusted ; this status alone; empty: all
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: order_timestamp time ; when it happened
-- column: order_id text ; the order
-- column: line_id text ; the line of the order
-- column: status text ; pending, completed, cancelled, refunded or adjusted
-- column: user_id id ; the user as Footfall stores it; 0: nobody known
-- column: product_id id ; the product as Footfall stores it
-- column: quantity count ; pieces; negative where they come back
-- column: unit_price money ; price of a piece
-- column: discount money ; what was taken off the line
-- column: total_amount money ; what the row adds to the money of its status
-- column: payment_method text ; how it was paid
-- column: country text ; ISO 3166 alpha-2, with UK for GB
-- column: unlinked flag ; a refund of an order that we do not hold
SELECT
    order_timestamp, order_id, line_id, status, user_id, product_id, quantity, unit_price, discount, total_amount,
    payment_method, country, unlinked
FROM footfall.orders
WHERE ({user_id:String} = '' OR user_id = toUInt64OrZero({user_id:String}))
    AND ({product_id:String} = '' OR product_id = toUInt64OrZero({product_id:String}))
    AND ({status:String} = '' OR status = {status:String})
    AND order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
    AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:order_filters}
ORDER BY order_timestamp DESC, order_id, line_id, status
LIMIT {limit:UInt32}
