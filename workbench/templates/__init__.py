"""Notebook to template: contract, parameters, library, check, proof."""
