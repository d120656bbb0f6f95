-- Visitors of the raw rows that there are. A row adds nothing but its state, and a user who is added twice counts
-- once: so this may run beside ingest, and again.
INSERT INTO footfall.mv_country_stats (country, event_date, visitors)
SELECT country, event_date, uniqCombined64StateIf(user_id, user_id != 0)
FROM footfall.events
GROUP BY country, event_date
