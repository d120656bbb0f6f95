-- title: Product look-up
-- description: One product as the shop last described it.
-- reads: products
-- param: product_id UInt64 = ; id, required ; the product, as the shop knows it or as Footfall stores it
-- column: product_id id ; the product as Footfall stores it
-- column: external_id text ; the product as the shop knows it
-- column: name text ; name
-- column: category text ; category
-- column: updated_at time ; when the shop last changed these attributes
SELECT product_id, external_id, name, category, updated_at
FROM footfall.products
WHERE product_id = {product_id:UInt64}
ORDER BY updated_at DESC, block_id DESC
LIMIT 1
