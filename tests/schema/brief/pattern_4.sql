-- Country filtering (uses idx_country set index)
SELECT event_type, count() as count
FROM events
WHERE country IN ('US', 'UK', 'DE')
AND event_date >= today()
GROUP BY event_type
