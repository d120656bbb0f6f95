-- Each hour over all types, from the rollup's own rows.
ALTER TABLE footfall.mv_hourly_events {on_cluster}
    ADD PROJECTION IF NOT EXISTS proj_by_hour
    (
        SELECT event_date, event_hour, sum(event_count), uniqMerge(unique_users), sum(total_revenue)
        GROUP BY event_date, event_hour
    )
