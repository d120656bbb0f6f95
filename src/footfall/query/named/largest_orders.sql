-- title: Largest orders
-- description: Order lines that add most to the money of their status, the largest first. Answered from
--   proj_by_amount of the ledger.
-- reads: orders
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: min_amount Decimal(18, 4) = 100 ; 0.0001..1000000000000 ; lines of at least this amount
-- param: status String = completed ; pending|completed|cancelled|refunded|adjusted ; lines of this status
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: total_amount money ; what the row adds to the money of its status
-- column: order_timestamp time ; when it happened
-- column: order_id text ; the order
-- column: line_id text ; the line of the order
-- column: user_id id ; the user as Footfall stores it; 0: nobody known
-- column: product_id id ; the product as Footfall stores it
-- column: quantity count ; pieces; negative where they come back
-- column: unit_price money ; price of a piece
-- column: discount money ; what was taken off the line
-- column: payment_method text ; how it was paid
-- column: country text ; ISO 3166 alpha-2, with UK for GB
SELECT
    total_amount, order_timestamp, order_id, line_id, user_id, product_id, quantity, unit_price, discount,
    payment_method, country
FROM footfall.orders
WHERE total_amount >= {min_amount:Decimal(18, 4)} AND status = {status:String}
    AND order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
    AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:order_filters}
ORDER BY total_amount DESC, order_timestamp DESC, order_id, line_id
LIMIT {limit:UInt32}
