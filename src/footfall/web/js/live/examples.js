// Statements to begin with.

export const FIRST = `SELECT event_type, count() AS events, uniq(user_id) AS users
FROM events
WHERE event_date >= today()
GROUP BY event_type
ORDER BY events DESC`;

export const COLUMNS = `SELECT table, name, type
FROM system.columns
WHERE database = 'footfall'
ORDER BY table, position`;

// In one row: there are more of them than rows of a result are shown.
export const FUNCTIONS = "SELECT arrayStringConcat(groupArray(name), ' ') FROM system.functions";

export const EXAMPLES = {
  "Events of today by type": FIRST,
  "Hourly events of the last 7 days": `SELECT event_date, event_hour, SUM(event_count)
FROM mv_hourly_events
WHERE event_date >= today() - 7
GROUP BY event_date, event_hour`,
  "Conversion of the last 30 days": `WITH agg AS (
    SELECT
        countMerge(total_events) as total,
        sumMerge(page_views) as views,
        sumMerge(purchases) as purchases
    FROM mv_user_funnel
    WHERE event_date >= today() - 30
)
SELECT *, purchases * 100.0 / views as conversion_rate
FROM agg`,
  "One user's latest events": `SELECT event_type, event_timestamp, revenue
FROM events
WHERE user_id = {user:UInt64}
ORDER BY event_timestamp DESC
LIMIT 50`,
  "Events of three countries today": `SELECT event_type, count() as count
FROM events
WHERE country IN ('US', 'UK', 'DE')
AND event_date >= today()
GROUP BY event_type`,
  "Tables and their columns": COLUMNS,
};
