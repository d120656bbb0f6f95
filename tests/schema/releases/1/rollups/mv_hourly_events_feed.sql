-- mv_hourly_events_feed: the trigger that fills mv_hourly_events on each insert into events.
CREATE MATERIALIZED VIEW IF NOT EXISTS footfall.mv_hourly_events_feed {on_cluster}
TO footfall.mv_hourly_events AS
SELECT
    event_date,
    toUInt8(toHour(event_timestamp, 'UTC'))      AS event_hour,
    event_type,
    count()                                      AS event_count,
    uniqStateIf(user_id, user_id != 0)           AS unique_users,
    sum(revenue)                                 AS total_revenue
FROM footfall.events
GROUP BY event_date, event_hour, event_type
