-- Writes the steps of rows that are there already, which are made from five states a row until then; runs on in the
-- background.
ALTER TABLE footfall.mv_user_funnel {on_cluster} MATERIALIZE COLUMN steps
