-- current_products: one row a product, whatever the table holds at the moment.
CREATE VIEW IF NOT EXISTS footfall.current_products {on_cluster} AS
SELECT product_id, external_id, name, category, brand, price, currency, updated_at, properties
FROM footfall.products
ORDER BY updated_at DESC, block_id DESC
LIMIT 1 BY product_id
