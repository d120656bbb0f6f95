-- title: Funnel
-- description: Shoppers who went through steps in order, each step within the window that opens with the first.
--   A step may come in the same millisecond as the one before it; any of a shopper's starts counts. Unordered:
--   shoppers who did a step and all before it, in any order at any time of the range.
-- reads: events, identities
-- note: Anonymous shoppers who logged in count as one with their user.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: steps Array(String) = product_view,add_to_cart,purchase ; 2..12 different items ; types of event, in order
-- param: window_ms UInt64 = 86400000 ; 1..31536000000 ; milliseconds from the first step to the last
-- param: mode String = ordered ; ordered|unordered ; whether order and window count
-- column: step count ; number of the step, from 1
-- column: event_type text ; type of event
-- column: users count ; shoppers who reached this step
-- column: conversion_pct percent ; users / users of the first step; null where those are none
-- column: step_conversion_pct percent ; users / users of the step before; null where those are none
-- column: drop_off count ; users of the step before who did not reach this one
SELECT
    step,
    {steps:Array(String)}[step]                                             AS event_type,
    reached[step]                                                           AS users,
    if(reached[1] = 0, NULL, round(100 * users / reached[1], 4))            AS conversion_pct,
    if(before = 0, NULL, round(100 * users / before, 4))                    AS step_conversion_pct,
    before - users                                                          AS drop_off
FROM
(
    SELECT
        sumForEach(arrayMap(n -> level >= n, range(1, 13)))                 AS reached,
        arrayJoin(range(1, length({steps:Array(String)}) + 1))              AS step,
        reached[greatest(step - 1, 1)]                                      AS before
    FROM
    (
        SELECT
            if(linked.user_id != 0, linked.user_id, seen.user_id)           AS shopper,
            if({mode:String} = 'unordered',
                arrayFirstIndex(
                    name -> NOT has(groupUniqArray(CAST(event_type, 'String')), name),
                    arrayPushBack({steps:Array(String)}, '')) - 1,
                windowFunnel({window_ms:UInt64})
                (
                    toUInt64(toUnixTimestamp64Milli(event_timestamp)),
                    event_type = {steps:Array(String)}[1],
                    event_type = {steps:Array(String)}[2],
                    length({steps:Array(String)}) >= 3 AND event_type = {steps:Array(String)}[3],
                    length({steps:Array(String)}) >= 4 AND event_type = {steps:Array(String)}[4],
                    length({steps:Array(String)}) >= 5 AND event_type = {steps:Array(String)}[5],
                    length({steps:Array(String)}) >= 6 AND event_type = {steps:Array(String)}[6],
                    length({steps:Array(String)}) >= 7 AND event_type = {steps:Array(String)}[7],
                    length({steps:Array(String)}) >= 8 AND event_type = {steps:Array(String)}[8],
                    length({steps:Array(String)}) >= 9 AND event_type = {steps:Array(String)}[9],
                    length({steps:Array(String)}) >= 10 AND event_type = {steps:Array(String)}[10],
                    length({steps:Array(String)}) >= 11 AND event_type = {steps:Array(String)}[11],
                    length({steps:Array(String)}) >= 12 AND event_type = {steps:Array(String)}[12]
                ))                                                          AS level
        FROM footfall.events AS seen
        LEFT ANY JOIN
        (
            SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id
            FROM footfall.identities
            GROUP BY anonymous_id
        ) AS linked ON seen.user_id = linked.anonymous_id
        WHERE seen.user_id != 0
            AND event_type IN {steps:Array(String)}
            AND event_date >= toDate({from:DateTime64(3, 'UTC')})
            AND event_date <= toDate({to:DateTime64(3, 'UTC')})
            AND event_timestamp >= {from:DateTime64(3, 'UTC')}
            AND event_timestamp < {to:DateTime64(3, 'UTC')}
        GROUP BY shopper
    )
)
ORDER BY step
