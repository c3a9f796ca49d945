"""Charts of acceptance sampling: the OC curve, the outgoing quality, and the lots with their severity."""

from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, WARNING, figure, named_levels
from workbench.methods.sampling_words import Inspection

SEVERITY_COLOURS = {"normal": ACCENT, "tightened": WARNING, "reduced": GOOD, "discontinued": BAD}
SEVERITY_NAMES = {
    "normal": both("normal", "正常"),
    "tightened": both("tightened", "加严"),
    "reduced": both("reduced", "放宽"),
    "discontinued": both("discontinued", "暂停"),
}
NAMED_LOTS = 13  # names that fit on the axis of a tablet


def oc_chart(found: Inspection, table: pd.DataFrame) -> Any:
    """Draw how probably lots of every quality are accepted."""
    plot = figure(
        x_axis_label=_quality(found),
        y_axis_label=both("Probability of acceptance, %", "接收概率 %"),
        height=320,
    )
    source = ColumnDataSource({"x": table["quality"].tolist(), "y": (100 * table["accepted"]).tolist()})
    line = plot.line("x", "y", source=source, line_color=ACCENT, line_width=2)
    rows = [(both("Quality", "质量"), "@x{0.00}"), (both("Accepted", "接收概率"), "@y{0.0} %")]
    plot.add_tools(HoverTool(renderers=[line], tooltips=rows, mode="vline"))
    plot.add_layout(Span(location=found.aql, dimension="height", line_color=GOOD, line_dash="dashed"))
    for level in (95, 10):
        plot.add_layout(Span(location=level, dimension="width", line_color=GREY, line_dash="dotted"))
    plot.scatter([found.aql], [100 * found.accepted_at_aql], size=9, color=GOOD)
    names: dict[float, str] = {95: both("95 %", "95%"), 10: both("10 %", "10%")}
    plot.add_layout(named_levels(names), "right")
    plot.add_layout(named_levels({found.aql: both(f"AQL {found.aql:g}", f"AQL {found.aql:g}")}), "above")
    plot.y_range.start, plot.y_range.end = 0, 103
    plot.x_range.start = 0
    return plot


def outgoing_chart(found: Inspection, table: pd.DataFrame) -> Any:
    """Draw the quality that leaves inspection when lots not accepted are sorted."""
    plot = figure(
        x_axis_label=_quality(found),
        y_axis_label=both("Outgoing quality (AOQ)", "平均检出质量 (AOQ)"),
        height=260,
    )
    source = ColumnDataSource({name: table[name].tolist() for name in ("quality", "outgoing", "inspected")})
    line = plot.line("quality", "outgoing", source=source, line_color=ACCENT, line_width=2)
    rows = [
        (both("Incoming", "来货质量"), "@quality{0.00}"),
        (both("Outgoing", "检出质量"), "@outgoing{0.000}"),
        (both("Inspected per lot", "每批检验件数"), "@inspected{0}"),
    ]
    plot.add_tools(HoverTool(renderers=[line], tooltips=rows, mode="vline"))
    worst = float(table["outgoing"].max())
    plot.add_layout(Span(location=worst, dimension="width", line_color=BAD, line_dash="dashed"))
    plot.add_layout(named_levels({worst: both(f"AOQL {worst:.3g}", f"AOQL {worst:.3g}")}), "right")
    plot.y_range.start, plot.y_range.end = 0, worst * 1.12 if worst > 0 else 1
    plot.x_range.start = 0
    return plot


def lots_chart(lots: pd.DataFrame) -> Any:
    """Draw the lots in order: one mark each, in the row of the severity that applied to it."""
    order = [SEVERITY_NAMES[name] for name in ("reduced", "normal", "tightened", "discontinued")]
    plot = figure(
        x_axis_label=both("Lot", "批"),
        y_range=FactorRange(factors=order),
        height=220,
        x_range=(0, len(lots) + 1),
    )
    source = ColumnDataSource(
        {
            "x": list(range(1, len(lots) + 1)),
            "lot": lots["lot"].tolist(),
            "row": [SEVERITY_NAMES[name] for name in lots["severity"]],
            "colour": [SEVERITY_COLOURS[name] for name in lots["severity"]],
            "mark": ["circle" if said == "yes" else "x" for said in lots["accepted"]],
            "score": lots["score"].tolist(),
            "plan": [f"{n} / {ac}" for n, ac in zip(lots["n"], lots["ac"], strict=True)],
        }
    )
    plot.line("x", "row", source=source, line_color=GREY, line_width=1)
    marks = plot.scatter(
        "x", "row", source=source, marker="mark", size=10, color="colour", line_width=2, fill_alpha=0.7
    )
    rows = [
        (both("Lot", "批"), "@lot"),
        (both("n / Ac", "n / Ac"), "@plan"),
        (both("Switching score", "转移得分"), "@score"),
    ]
    plot.add_tools(HoverTool(renderers=[marks], tooltips=rows))
    names = lots["lot"].tolist()
    plot.xaxis.ticker = list(range(1, len(names) + 1, -(-len(names) // NAMED_LOTS)))
    plot.xaxis.major_label_overrides = dict(enumerate(names, start=1))
    plot.xaxis.major_label_orientation = 0.9
    plot.yaxis.major_label_text_font = FONT
    return plot


def _quality(found: Inspection) -> str:
    if found.per_item:
        return both("Nonconformities per 100 items", "每百单位不合格数")
    return both("Nonconforming items in the lot, %", "批不合格品率 %")
