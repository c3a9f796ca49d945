"""The house's charts: pure Bokeh builders with one look."""
