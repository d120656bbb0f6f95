-- title: Abandoned carts
-- description: Sessions in which something was put into a cart, those of them without a purchase, and what was left lying.
-- reads: events
-- note: A cart is worth the value of its add_to_cart events less that of its remove_from_cart events, and never less than nothing.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: carts count ; sessions with an add_to_cart event
-- column: abandoned count ; those without a purchase event
-- column: abandoned_pct percent ; abandoned / carts; null where there are no carts
-- column: abandoned_value money ; what the abandoned carts are worth
-- column: average_value money ; abandoned_value / abandoned; null where there are none
SELECT
    count()                                                                          AS carts,
    countIf(NOT bought)                                                              AS abandoned,
    if(carts = 0, NULL, round(100 * abandoned / carts, 4))                           AS abandoned_pct,
    sumIf(greatest(worth, toDecimal128(0, 4)), NOT bought)                           AS abandoned_value,
    if(abandoned = 0, NULL, round(toFloat64(abandoned_value) / abandoned, 4))        AS average_value
FROM
(
    SELECT
        session_id,
        countIf(event_type = 'purchase') > 0                                         AS bought,
        sumIf(value, event_type = 'add_to_cart') - sumIf(value, event_type = 'remove_from_cart') AS worth
    FROM footfall.events
    WHERE session_id != '' AND event_type IN ('add_to_cart', 'remove_from_cart', 'purchase')
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:context_filters}
    GROUP BY session_id
    HAVING countIf(event_type = 'add_to_cart') > 0
)
