-- The sort orders of 0005 with the columns that their queries read.
ALTER TABLE footfall.events {on_cluster}
    ADD PROJECTION IF NOT EXISTS proj_by_country
    (
        SELECT country, event_date, event_type, revenue
        ORDER BY country, event_date, event_type
    ) FIRST,
    ADD PROJECTION IF NOT EXISTS proj_by_user
    (
        SELECT user_id, event_timestamp, event_date, event_type, revenue
        ORDER BY user_id, event_timestamp
    ) AFTER proj_by_country,
    ADD PROJECTION IF NOT EXISTS proj_by_timestamp
    (
        SELECT event_timestamp, event_type, event_date, user_id, country, revenue
        ORDER BY event_timestamp, event_type
    ) AFTER proj_by_user,
    ADD PROJECTION IF NOT EXISTS proj_by_product
    (
        SELECT product_id, event_timestamp, event_date, event_type, user_id, revenue
        ORDER BY product_id, event_timestamp
    ) AFTER proj_by_timestamp
