-- description: How far each shopper came in a funnel: the number of the last step reached, and the value of the
--   dimension.
-- param: window_ms UInt64 = 86400000 ; 1..31536000000 ; milliseconds from the first step to the last
-- param: mode String = ordered ; ordered|unordered ; whether order and window count
    SELECT
        shopper,
        if({by:String} = '', '', argMinIf(dimension, at_ms, bitTest(done, 0)))    AS value,
        if({mode:String} = 'unordered',
            toUInt8(arrayFirstIndex(number -> NOT bitTest(groupBitOr(done), number), range(13)) - 1),
            toUInt8(windowFunnel({window_ms:UInt64})
            (
                at_ms,
                bitTest(done, 0),
                bitTest(done, 1),
                bitTest(done, 2),
                bitTest(done, 3),
                bitTest(done, 4),
                bitTest(done, 5),
                bitTest(done, 6),
                bitTest(done, 7),
                bitTest(done, 8),
                bitTest(done, 9),
                bitTest(done, 10),
                bitTest(done, 11)
            )))                                                             AS level
    FROM
    (
{part:funnel_events}
    )
    GROUP BY shopper
