"""Connectors kept running: what they bring is buffered on disk and written to tables."""
