-- The names of 0011, each with exactly what its query reads.
ALTER TABLE footfall.events {on_cluster}
    ADD PROJECTION IF NOT EXISTS proj_by_session
    (
        SELECT session_id, event_type, event_date, user_id
        ORDER BY session_id
    ) AFTER proj_by_product,
    ADD PROJECTION IF NOT EXISTS proj_daily_devices
    (
        SELECT
            event_date,
            device_type,
            browser,
            count(),
            uniqIf(user_id, user_id != 0),
            countIf(event_type = 'purchase'),
            sum(revenue)
        GROUP BY event_date, device_type, browser
    ) AFTER proj_daily_stats,
    ADD PROJECTION IF NOT EXISTS proj_daily_sources
    (
        SELECT
            event_date,
            utm_source,
            utm_medium,
            utm_campaign,
            count(),
            uniqIf(user_id, user_id != 0),
            countIf(event_type = 'purchase'),
            sum(revenue)
        GROUP BY event_date, utm_source, utm_medium, utm_campaign
    ) AFTER proj_daily_devices
