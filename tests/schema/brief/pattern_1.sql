-- Fast hourly stats
SELECT event_date, event_hour, SUM(event_count)
FROM mv_hourly_events
WHERE event_date >= today() - 7
GROUP BY event_date, event_hour
