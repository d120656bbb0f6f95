-- title: Latest orders
-- description: Orders in the order of their arrival at ingest, the newest first: one row an order and status. A
--   block's number begins with its time, so idx_block_id finds the blocks of the last minutes.
-- reads: orders, users
-- param: after DateTime64(3, 'UTC') = now-10m ; any ; rows ingested later than this
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: order_id text ; the order
-- column: status text ; pending, completed, cancelled, refunded or adjusted
-- column: order_timestamp time ; when it happened
-- column: ingested_at time ; when Footfall accepted it
-- column: user_id id ; the user as Footfall stores it; 0: nobody known
-- column: external_id text ; the user as the shop knows it; the stored number where the shop has not told; empty: nobody known
-- column: lines count ; lines of the order
-- column: quantity count ; pieces; negative where they come back
-- column: total_amount money ; what the lines add to the money of their status
-- column: country text ; ISO 3166 alpha-2, with UK for GB
SELECT
    order_id, status, order_timestamp, ingested_at, user_id,
    multiIf(user_id = 0, '', u.external_id != '', u.external_id, toString(user_id)) AS external_id,
    lines, quantity, total_amount, country
FROM
(
    SELECT
        order_id,
        status,
        max(orders.order_timestamp)    AS order_timestamp,
        max(orders.ingested_at)        AS ingested_at,
        any(orders.user_id)            AS user_id,
        uniqExact(line_id)             AS lines,
        sum(toInt64(orders.quantity))  AS quantity,
        sum(orders.total_amount)       AS total_amount,
        any(orders.country)            AS country
    FROM footfall.orders
    WHERE orders.ingested_at > {after:DateTime64(3, 'UTC')}
        AND block_id >= bitShiftLeft(toUInt64(toUnixTimestamp64Milli({after:DateTime64(3, 'UTC')}) - 600000), 20)
        AND {part:ledger_filters}
    GROUP BY order_id, status
    HAVING quantity != 0 OR total_amount != 0
    ORDER BY ingested_at DESC, order_id, status
    LIMIT {limit:UInt32}
) AS o
LEFT ANY JOIN
(
    SELECT user_id, external_id
    FROM footfall.users
    WHERE user_id >= 9223372036854775808 AND user_id IN
    (
        SELECT user_id
        FROM footfall.orders
        WHERE ingested_at > {after:DateTime64(3, 'UTC')}
            AND block_id >= bitShiftLeft(toUInt64(toUnixTimestamp64Milli({after:DateTime64(3, 'UTC')}) - 600000), 20)
    )
) AS u USING (user_id)
ORDER BY ingested_at DESC, order_id, status
