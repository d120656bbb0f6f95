-- daily_user_activity: how active each user was on each day; answers DAU, WAU, MAU, top active users.
--
-- Columns: activity_count adds up; event_types_used is a state: uniqMerge(event_types_used).
-- Nobody:  user_id 0 is the row of events without a user: in totals, never in a list of users.
CREATE TABLE IF NOT EXISTS footfall.daily_user_activity {on_cluster}
(
    user_id           UInt64,
    activity_date     Date,
    activity_count    UInt64,
    event_types_used  AggregateFunction(uniq, String),

    PROJECTION proj_by_date
    (
        SELECT activity_date, sum(activity_count)
        GROUP BY activity_date
    )
)
ENGINE = {engine:SummingMergeTree}
PARTITION BY toYYYYMM(activity_date)
ORDER BY (user_id, activity_date)
SETTINGS non_replicated_deduplication_window = 10000, deduplicate_merge_projection_mode = 'rebuild'
