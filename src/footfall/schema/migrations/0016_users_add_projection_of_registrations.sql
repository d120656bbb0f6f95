-- The sort order of 0015 with what a look-up filters by.
ALTER TABLE footfall.users {on_cluster}
    ADD PROJECTION IF NOT EXISTS proj_by_registration
    (
        SELECT registration_date, user_id, country, is_premium
        ORDER BY registration_date, user_id
    )
