-- mv_daily_events_feed: the trigger that fills mv_daily_events on each insert into events.
CREATE MATERIALIZED VIEW IF NOT EXISTS footfall.mv_daily_events_feed {on_cluster}
TO footfall.mv_daily_events AS
SELECT
    event_date,
    arrayJoin(['', CAST(events.event_type, 'String')])                           AS event_type,
    count()                                                                      AS event_count,
    sum(events.revenue)                                                          AS revenue,
    uniqCombined64StateIf(user_id, user_id != 0)                                 AS unique_users,
    uniqCombined64StateIf(session_id, session_id != '' AND event_type = '')      AS unique_sessions
FROM footfall.events
GROUP BY event_date, event_type
