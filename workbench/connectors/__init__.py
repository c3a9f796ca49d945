"""The outside world brought in as batches with a schema, one protocol for every source."""
