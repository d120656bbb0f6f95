-- Its users were more than half of its bytes; 0024 adds it without them.
ALTER TABLE footfall.events {on_cluster} DROP PROJECTION IF EXISTS proj_by_session
