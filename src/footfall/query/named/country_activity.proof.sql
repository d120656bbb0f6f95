SELECT
    event_type,
    count()                AS events,
    sum(events.revenue)    AS revenue
FROM footfall.events
WHERE country IN {countries:Array(String)}
    AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
GROUP BY event_type
ORDER BY count() DESC, event_type
