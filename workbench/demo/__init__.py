"""The demo factory: deterministic generators with planted, documented truth."""
