-- title: Times of a funnel
-- description: How long shoppers took from each step to the next: of each shopper, on the first way that reached the
--   step within the window.
-- reads: events, identities
-- note: Anonymous shoppers who logged in count as one with their user.
-- param: window_ms UInt64 = 86400000 ; 1..31536000000 ; milliseconds from the first step to the last
-- column: step count ; number of the step, from 1
-- column: event_type text ; type of event, with its conditions
-- column: users count ; shoppers who reached this step, in order
-- column: median_ms ms ; median of the time since the step before; null for the first step, and where nobody came
-- column: p90_ms ms ; nine of ten shoppers took at most this long
-- column: median_total_ms ms ; median of the time since the first step
-- column: value text ; value of the dimension; empty: unknown, or no dimension
SELECT
    step,
    {steps:Array(String)}[step]                                              AS event_type,
    countIf(way.1 > 0)                                                       AS users,
    quantileExactOrNullIf(0.5)(way.1 - way.3, way.1 > 0 AND step > 1)        AS median_ms,
    quantileExactOrNullIf(0.9)(way.1 - way.3, way.1 > 0 AND step > 1)        AS p90_ms,
    quantileExactOrNullIf(0.5)(way.1 - way.2, way.1 > 0 AND step > 1)        AS median_total_ms,
    value
FROM
(
    SELECT
        value,
        arrayJoin(range(1, length({steps:Array(String)}) + 1))               AS step,
        ways[step]                                                           AS way
    FROM
    (
        -- s1 to s12: each event of a step that a way has reached, with the way's start and its time at the step before.
        -- As in windowFunnel, a way has the latest start there can be, and steps of one moment follow each other. Four
        -- at a time, because the analyzer's work doubles with each that stands in the next.
        SELECT value, ways
        FROM
        (
            SELECT
                value,
                arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                    t9, arrayMap(at -> arrayLast(way -> way.1 <= at, s8), t9))) AS s9,
                arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                    t10, arrayMap(at -> arrayLast(way -> way.1 <= at, s9), t10))) AS s10,
                arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                    t11, arrayMap(at -> arrayLast(way -> way.1 <= at, s10), t11))) AS s11,
                arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                    t12, arrayMap(at -> arrayLast(way -> way.1 <= at, s11), t12))) AS s12,
                arrayMap(way -> way[1], [s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12]) AS ways
            FROM
            (
                SELECT
                    value, t9, t10, t11, t12, s1, s2, s3, s4,
                    arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                        t5, arrayMap(at -> arrayLast(way -> way.1 <= at, s4), t5))) AS s5,
                    arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                        t6, arrayMap(at -> arrayLast(way -> way.1 <= at, s5), t6))) AS s6,
                    arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                        t7, arrayMap(at -> arrayLast(way -> way.1 <= at, s6), t7))) AS s7,
                    arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                        t8, arrayMap(at -> arrayLast(way -> way.1 <= at, s7), t8))) AS s8
                FROM
                (
                    SELECT
                        value, t5, t6, t7, t8, t9, t10, t11, t12,
                        arrayMap(at -> (at, at, at), t1) AS s1,
                        arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                            t2, arrayMap(at -> arrayLast(way -> way.1 <= at, s1), t2))) AS s2,
                        arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                            t3, arrayMap(at -> arrayLast(way -> way.1 <= at, s2), t3))) AS s3,
                        arrayFilter(way -> way.1 <= way.2 + {window_ms:UInt64}, arrayMap((at, met) -> (at, met.2, met.1),
                            t4, arrayMap(at -> arrayLast(way -> way.1 <= at, s3), t4))) AS s4
                    FROM
                    (
                        SELECT
                            if({by:String} = '', '', argMinIf(dimension, at_ms, bitTest(done, 0))) AS value,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 0))) AS t1,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 1))) AS t2,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 2))) AS t3,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 3))) AS t4,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 4))) AS t5,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 5))) AS t6,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 6))) AS t7,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 7))) AS t8,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 8))) AS t9,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 9))) AS t10,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 10))) AS t11,
                            arraySort(groupArrayIf(at_ms, bitTest(done, 11))) AS t12
                        FROM
                        (
{part:funnel_events}
                        )
                        GROUP BY shopper
                    )
                    WHERE notEmpty(t1)
                )
            )
        )
        UNION ALL
        SELECT '' AS value, CAST([], 'Array(Tuple(UInt64, UInt64, UInt64))') AS ways WHERE {by:String} = ''
    )
)
GROUP BY value, step
ORDER BY value, step
