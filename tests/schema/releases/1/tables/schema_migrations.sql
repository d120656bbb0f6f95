-- schema_migrations: which migrations this database has had; written by `footfall migrate` alone.
CREATE TABLE IF NOT EXISTS footfall_private.schema_migrations {on_cluster}
(
    version     UInt32,
    name        String,
    applied_at  DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree(applied_at)}
ORDER BY version
