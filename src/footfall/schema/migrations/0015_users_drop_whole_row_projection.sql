-- The planner read all of this copy of the table in the place of the granules that idx_user_id finds; 0016 puts
-- the columns that find users by their registration in its place.
ALTER TABLE footfall.users {on_cluster} DROP PROJECTION IF EXISTS proj_by_registration
