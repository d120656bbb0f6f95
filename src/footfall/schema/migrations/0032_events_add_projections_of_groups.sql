-- The names of 0031, with what is asked of them and no row an event.
ALTER TABLE footfall.events {on_cluster}
    ADD PROJECTION IF NOT EXISTS proj_by_product
    (
        SELECT
            product_id,
            event_date,
            toStartOfHour(event_timestamp),
            event_type,
            count(),
            uniqExactIf(user_id, user_id != 0 AND product_id != 0),
            sum(revenue),
            max(event_timestamp)
        GROUP BY product_id, event_date, toStartOfHour(event_timestamp), event_type
    ) AFTER proj_by_timestamp,
    ADD PROJECTION IF NOT EXISTS proj_by_session
    (
        SELECT xxHash32(session_id), event_type, event_date
        GROUP BY xxHash32(session_id), event_type, event_date
    ) AFTER proj_by_product
