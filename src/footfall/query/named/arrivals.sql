-- title: Arrivals
-- description: How many events Footfall accepted in each second, whatever they say about when they happened.
-- reads: events
-- param: after DateTime64(3, 'UTC') = now-10s ; any ; seconds from this moment's second on
-- param: until DateTime64(3, 'UTC') = now+1d ; any ; until this moment, inclusive
-- param: step_s UInt32 = 1 ; 1..86400 ; seconds of a step
-- column: second time ; the second of acceptance, UTC, or the start of the step
-- column: events count ; events
SELECT
    toStartOfInterval(toDateTime(ingested_at, 'UTC'), toIntervalSecond({step_s:UInt32}))    AS second,
    count()                                                                                 AS events
FROM footfall.events
WHERE ingested_at >= toStartOfSecond({after:DateTime64(3, 'UTC')})
    AND ingested_at <= {until:DateTime64(3, 'UTC')}
    AND {part:typed_filters}
GROUP BY second
ORDER BY second
