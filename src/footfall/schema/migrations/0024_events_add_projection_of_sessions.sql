-- Of a session its types and days: idx_session_id finds the granule among those of the day.
ALTER TABLE footfall.events {on_cluster}
    ADD PROJECTION IF NOT EXISTS proj_by_session
    (
        SELECT session_id, event_type, event_date
        ORDER BY session_id
    ) AFTER proj_by_product
