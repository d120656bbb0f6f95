-- title: Arrivals
-- description: How many events Footfall accepted in each second, whatever they say about when they happened.
-- reads: events
-- param: after DateTime64(3, 'UTC') = now-10s ; any ; seconds from this moment's second on
-- column: second time ; the second of acceptance, UTC
-- column: events count ; events
SELECT
    toStartOfSecond(ingested_at)    AS second,
    count()                         AS events
FROM footfall.events
WHERE ingested_at >= toStartOfSecond({after:DateTime64(3, 'UTC')})
    AND {part:typed_filters}
GROUP BY second
ORDER BY second
