"""Policies without I/O: quality indicators, grades, masking, maturity."""
