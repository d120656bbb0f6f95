-- title: Events by type, moment by moment
-- description: Events of the last minutes by type, in short steps; steps without events are left out.
-- reads: events
-- param: at DateTime64(3, 'UTC') = now ; any ; the moment to look from
-- param: minutes UInt32 = 15 ; 1..180 ; minutes to look back
-- param: step_s UInt32 = 10 ; 1..3600 ; seconds of a step
-- column: step time ; start of the step, UTC
-- column: event_type text ; type of event
-- column: events count ; events
SELECT
    toStartOfInterval(toDateTime(event_timestamp, 'UTC'), toIntervalSecond({step_s:UInt32}))    AS step,
    event_type,
    count()                                                                                     AS events
FROM footfall.events
WHERE event_timestamp >= {at:DateTime64(3, 'UTC')} - toIntervalMinute({minutes:UInt32})
    AND event_timestamp <= {at:DateTime64(3, 'UTC')}
    AND event_date >= toDate({at:DateTime64(3, 'UTC')} - toIntervalMinute({minutes:UInt32}))
    AND event_date <= toDate({at:DateTime64(3, 'UTC')})
    AND {part:typed_filters}
GROUP BY step, event_type
ORDER BY step, event_type
