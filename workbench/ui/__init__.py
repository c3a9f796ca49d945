"""The browser face: Panel pages."""
