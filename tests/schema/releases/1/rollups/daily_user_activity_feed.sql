-- daily_user_activity_feed: the trigger that fills daily_user_activity on each insert into events.
CREATE MATERIALIZED VIEW IF NOT EXISTS footfall.daily_user_activity_feed {on_cluster}
TO footfall.daily_user_activity AS
SELECT
    user_id,
    event_date                            AS activity_date,
    count()                               AS activity_count,
    uniqState(CAST(event_type, 'String')) AS event_types_used
FROM footfall.events
GROUP BY user_id, activity_date
