"""Measurements of the workbench beside its peers and beside the limit; see README.md for what each means."""
