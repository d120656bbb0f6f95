-- title: Funnel
-- description: Shoppers who went through steps in order, each step within the window that opens with the first.
--   A step may come in the same millisecond as the one before it; any of a shopper's starts counts. Unordered:
--   shoppers who did a step and all before it, in any order at any time of the range.
-- reads: events, identities
-- note: Anonymous shoppers who logged in count as one with their user.
-- param: limit UInt32 = 20 ; 1..1000 ; values of the dimension at most, those with most shoppers
-- column: step count ; number of the step, from 1
-- column: event_type text ; type of event, with its conditions
-- column: users count ; shoppers who reached this step
-- column: conversion_pct percent ; users / users of the first step; null where those are none
-- column: step_conversion_pct percent ; users / users of the step before; null where those are none
-- column: drop_off count ; users of the step before who did not reach this one
-- column: value text ; value of the dimension; empty: unknown, or no dimension
SELECT
    step,
    {steps:Array(String)}[step]                                             AS event_type,
    reached[step]                                                           AS users,
    if(reached[1] = 0, NULL, round(100 * users / reached[1], 4))            AS conversion_pct,
    if(before = 0, NULL, round(100 * users / before, 4))                    AS step_conversion_pct,
    before - users                                                          AS drop_off,
    value
FROM
(
    SELECT
        value,
        reached,
        arrayJoin(range(1, length({steps:Array(String)}) + 1))              AS step,
        reached[greatest(step - 1, 1)]                                      AS before
    FROM
    (
        SELECT value, sumForEach(arrayMap(n -> toUInt64(level >= n), range(1, 13))) AS reached
        FROM
        (
            SELECT value, level FROM ({part:funnel_levels})
            UNION ALL
            SELECT '', toUInt8(0) WHERE {by:String} = ''
        )
        GROUP BY value
        HAVING reached[1] > 0 OR {by:String} = ''
        ORDER BY reached[1] DESC, value
        LIMIT {limit:UInt32}
    )
)
ORDER BY reached[1] DESC, value, step
