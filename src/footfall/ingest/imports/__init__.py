"""Importing files: `source` reads rows, `mapping` makes items of them, `occurrences` tells equal lines apart,
`sender` brings the items to ingest. `footfall.ingest.importer` puts them together."""
