-- What a SummingMergeTree asks for before it takes a projection: merges make it anew from the rows that they add up.
ALTER TABLE footfall.mv_hourly_events {on_cluster} MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild'
