-- description: How far each shopper came in a funnel: the number of the last step reached, and the value of the
--   dimension.
-- param: window_ms UInt64 = 86400000 ; 1..31536000000 ; milliseconds from the first step to the last
-- param: mode String = ordered ; ordered|unordered ; whether order and window count
    SELECT
        shopper,
        if({by:String} = '', '', argMinIf(dimension, at_ms, has(done, 1)))    AS value,
        if({mode:String} = 'unordered',
            toUInt8(arrayFirstIndex(number -> NOT has(groupUniqArrayArray(done), number), range(1, 14)) - 1),
            toUInt8(windowFunnel({window_ms:UInt64})
            (
                at_ms,
                has(done, 1),
                has(done, 2),
                has(done, 3),
                has(done, 4),
                has(done, 5),
                has(done, 6),
                has(done, 7),
                has(done, 8),
                has(done, 9),
                has(done, 10),
                has(done, 11),
                has(done, 12)
            )))                                                             AS level
    FROM
    (
{part:funnel_events}
    )
    GROUP BY shopper
