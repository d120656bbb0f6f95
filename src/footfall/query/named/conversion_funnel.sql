-- title: Conversion funnel
-- description: Shoppers who did each step of a purchase and all steps before it, in any order within the range.
-- reads: mv_user_funnel, identities
-- grain: day
-- note: Anonymous shoppers who logged in count as one with their user.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 5 ; 1..1000 ; steps at most, from the first
-- column: step text ; type of event
-- column: users count ; shoppers with this step and all before it
-- column: conversion_pct percent ; users / users of the first step; null where those are none
-- column: step_conversion_pct percent ; users / users of the step before; null where those are none
-- column: drop_off count ; users of the step before who did not do this one
SELECT
    rung.1                                                                    AS step,
    rung.2                                                                    AS users,
    if(first = 0, NULL, round(100 * users / first, 4))                        AS conversion_pct,
    if(rung.3 = 0, NULL, round(100 * users / rung.3, 4))                      AS step_conversion_pct,
    rung.3 - users                                                            AS drop_off
FROM
(
    SELECT
        countIf(bitAnd(steps, 1) = 1)                                         AS first,
        countIf(bitAnd(steps, 3) = 3)                                         AS second,
        countIf(bitAnd(steps, 7) = 7)                                         AS third,
        countIf(bitAnd(steps, 15) = 15)                                       AS fourth,
        countIf(steps = 31)                                                   AS fifth,
        arrayJoin([
            ('page_view', first, first), ('product_view', second, first), ('add_to_cart', third, second),
            ('checkout', fourth, third), ('purchase', fifth, fourth)])        AS rung
    FROM
    (
        -- One bit a step: five sums of each shopper would take several times the memory.
        SELECT
            if(linked.user_id != 0, linked.user_id, seen.user_id)             AS shopper,
            groupBitOr(seen.steps)                                            AS steps
        FROM
        (
            SELECT user_id, mv_user_funnel.steps
            FROM footfall.mv_user_funnel
            WHERE user_id != 0
                AND event_date >= toDate({from:DateTime64(3, 'UTC')})
                AND event_date < toDate({to:DateTime64(3, 'UTC')})
        ) AS seen
        LEFT JOIN
        (
            SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id
            FROM footfall.identities
            GROUP BY anonymous_id
        ) AS linked ON seen.user_id = linked.anonymous_id
        GROUP BY shopper
    )
)
LIMIT {limit:UInt32}
