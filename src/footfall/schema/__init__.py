"""The store's schema: one object a file, and the way from any older database to it.

`tables/` and `rollups/` are the snapshot that a new database gets; `migrations/` holds the numbered steps
that bring an older one to the same schema. `statements` reads the files, `migrate` runs them, `retention`
keeps the TTLs as the settings say, `users` makes the store's users on a ClickHouse server.
"""
