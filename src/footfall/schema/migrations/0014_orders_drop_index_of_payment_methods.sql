-- No query looks for rows of one payment method, and every granule holds all of them.
ALTER TABLE footfall.orders {on_cluster} DROP INDEX IF EXISTS idx_payment_method
