"""The only place that opens DuckDB and Delta: catalogue, ingest, mapping, profile, query."""
