-- title: Ingest by hour
-- description: What Footfall accepted in each hour, how long after it happened, and how much came late.
-- reads: events
-- range: 100 days
-- param: from DateTime64(3, 'UTC') = now-24h ; any ; accepted from this moment on, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; accepted before this moment
-- param: late_s UInt32 = 3600 ; 1..8640000 ; seconds after which an event counts as late
-- column: hour time ; hour of acceptance; hours without events are left out
-- column: events count ; events accepted
-- column: lag_p50_ms ms ; median of ingested_at - event_timestamp
-- column: lag_p95_ms ms ; 19 of 20 events took at most this long
-- column: late_events count ; events accepted more than late_s after they happened
-- column: newest_event time ; the latest of these events by its own time
SELECT
    toStartOfHour(toDateTime(ingested_at, {tz:String}))                    AS hour,
    count()                                                                AS events,
    toInt64(round(quantile(0.5)(lag_ms)))                                  AS lag_p50_ms,
    toInt64(round(quantile(0.95)(lag_ms)))                                 AS lag_p95_ms,
    countIf(lag_ms > 1000 * toInt64({late_s:UInt32}))                      AS late_events,
    max(event_timestamp)                                                   AS newest_event
FROM
(
    SELECT
        ingested_at, event_timestamp,
        toUnixTimestamp64Milli(ingested_at) - toUnixTimestamp64Milli(event_timestamp) AS lag_ms
    FROM footfall.events
    WHERE ingested_at >= {from:DateTime64(3, 'UTC')} AND ingested_at < {to:DateTime64(3, 'UTC')}
        AND {part:event_filters}
)
GROUP BY hour
ORDER BY hour
