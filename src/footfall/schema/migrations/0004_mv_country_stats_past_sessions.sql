-- Sessions of the raw rows that there are. A row adds nothing but its state of distinct sessions, and a
-- session that is added twice counts once: so this may run beside ingest, and again.
INSERT INTO footfall.mv_country_stats (country, event_date, unique_sessions)
SELECT country, event_date, uniqStateIf(session_id, session_id != '')
FROM footfall.events
GROUP BY country, event_date
