"""Charts of several variables at once: T² and its limit, generalized variance, what is behind a signal."""

from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.transform import dodge

from workbench.charts.limits import limit_chart
from workbench.charts.text import both
from workbench.charts.theme import ACCENT, FONT, WARNING, figure
from workbench.methods.multivariate import MultivariateChart

MOST_BARS = 20


def t2_chart(chart: MultivariateChart) -> Any:
    """Draw T² of each point; the limit of points outside the baseline is the wider one."""
    axis = both("T² of the weighted means", "加权均值的 T²") if chart.chart == "mewma" else "T²"
    limit = float(chart.points["ucl"].iloc[-1])
    plot = limit_chart(
        chart.points,
        chart.signals[chart.signals["chart"] == "location"],
        axis=axis,
        levels={"ucl": both(f"UCL {limit:.4g}", f"上限 {limit:.4g}")},
    )
    plot.y_range.start = 0
    return plot


def variance_chart(chart: MultivariateChart) -> Any:
    """Draw the determinant of each subgroup's covariance; None where there is none."""
    if chart.spread is None:
        return None
    points = chart.points.drop(columns=["ucl"]).rename(
        columns={"spread_center": "center", "spread_ucl": "ucl", "spread_lcl": "lcl"}
    )
    spread = chart.spread
    names = {"center": ("centre", "中心线", spread.center), "ucl": ("UCL", "上限", spread.ucl)}
    if spread.lcl > 0:
        names["lcl"] = ("LCL", "下限", spread.lcl)
    levels = {name: both(f"{en} {level:.3g}", f"{zh} {level:.3g}") for name, (en, zh, level) in names.items()}
    signals = chart.signals[chart.signals["chart"] == "spread"]
    axis = both("Generalized variance |S|", "广义方差 |S|")
    plot = limit_chart(points, signals, axis=axis, levels=levels, value="spread", height=220)
    plot.y_range.start = 0
    return plot


def cause_bars(causes: pd.DataFrame) -> Any:
    """Draw what each variable adds to the T² of the signals, alone and given others; None without signals."""
    if causes.empty:
        return None
    added = causes.groupby("variable", sort=False)[["alone", "given_others"]].mean()
    shown = added.sort_values("given_others", ascending=False).head(MOST_BARS).iloc[::-1]
    names = shown.index.astype(str).tolist()
    plot = figure(y_range=names, height=max(150, 90 + 34 * len(names)), tools="save")
    plot.xaxis.axis_label = both("Mean contribution to T² of the signals", "对信号点 T² 的平均贡献")
    parts = (
        ("given_others", 0.15, WARNING, both("given the other variables", "考虑其他变量后")),
        ("alone", -0.15, ACCENT, both("alone", "单独")),
    )
    for column, shift, colour, label in parts:
        source = ColumnDataSource(
            {"name": names, "value": shown[column].tolist(), "kind": [label] * len(names)}
        )
        bars = plot.hbar(
            y=dodge("name", shift, range=plot.y_range),
            right="value",
            height=0.28,
            color=colour,
            source=source,
            legend_label=label,
        )
        rows = [
            (both("Variable", "变量"), "@name"),
            ("", "@kind"),
            (both("Contribution", "贡献"), "@value{0.0}"),
        ]
        plot.add_tools(HoverTool(renderers=[bars], tooltips=rows))
    plot.x_range.start = 0
    plot.ygrid.grid_line_color = None
    plot.legend.label_text_font, plot.legend.label_text_font_size = FONT, "11px"
    plot.legend.orientation, plot.legend.border_line_color = "horizontal", None
    plot.add_layout(plot.legend[0], "above")
    return plot
