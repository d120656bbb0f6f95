-- User timeline (uses proj_by_user automatically)
SELECT event_type, event_timestamp, revenue
FROM events
WHERE user_id = 1234
ORDER BY event_timestamp DESC
LIMIT 50
