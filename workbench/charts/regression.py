"""A fitted relation: the curve through the points, or result against what is expected; and the residuals."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, GREY, WARNING, figure
from workbench.methods.regression_words import FAR, Fit

MOST_DOTS = 4000
RESIDUAL = both("Standardised residual", "标准化残差")


def fit_chart(fit: Fit, *, unit: str | None = None) -> Any:
    """Draw the points with the fitted curve along the only column, or against the expected result."""
    found, name = fit.regression, fit.single
    suffix = f" ({unit})" if unit and found.kind != "formula" else ""
    x = fit.columns[name] if name else found.fitted
    expected = both(f"Expected{suffix}", f"预计{suffix}")
    plot = figure(
        x_axis_label=name or expected, y_axis_label=both(f"Result{suffix}", f"结果{suffix}"), height=320
    )
    at = _some(x.size)
    far = np.abs(found.standardised) > FAR
    source = ColumnDataSource(
        {
            "x": x[at].tolist(),
            "y": found.result[at].tolist(),
            "fitted": found.fitted[at].tolist(),
            "colour": np.where(far[at], BAD, ACCENT).tolist(),
        }
    )
    dots = plot.scatter("x", "y", source=source, size=5, color="colour", alpha=0.6)
    told = [
        (name or both("Expected", "预计"), "@x"),
        (both("Result", "结果"), "@y"),
        (both("Expected", "预计"), "@fitted"),
    ]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=told))
    grid = np.linspace(x.min(), x.max(), 300)
    line = fit.along(grid) if name else grid
    plot.line(grid.tolist(), line.tolist(), line_color=WARNING, line_width=2)
    return plot


def residual_chart(fit: Fit) -> Any:
    """Draw standardised residuals along what is expected: a cloud without a pattern is right."""
    found = fit.regression
    at = _some(found.fitted.size)
    plot = figure(x_axis_label=both("Expected", "预计"), y_axis_label=RESIDUAL, height=240)
    for level in (-FAR, 0.0, FAR):
        dash = "solid" if level == 0 else "dashed"
        plot.add_layout(Span(location=level, dimension="width", line_color=GREY, line_dash=dash))
    plot.scatter(found.fitted[at].tolist(), found.standardised[at].tolist(), size=5, color=ACCENT, alpha=0.6)
    return plot


def _some(count: int) -> Any:
    return np.linspace(0, count - 1, min(count, MOST_DOTS)).astype(int)
