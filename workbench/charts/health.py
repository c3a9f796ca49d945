"""Charts of data health: how complete each column is, and where in time the defects lie."""

from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, PALETTE, WARNING, figure

MOST_BARS, MOST_LANES = 30, 24
GOOD_FROM, USABLE_FROM = 99.0, 90.0
CHECKS = {
    "gap": (GREY, both("gap", "时间中断")),
    "missing": (PALETTE[3], both("missing", "缺失")),
    "missing_time": (PALETTE[3], both("no time", "缺少时间")),
    "duplicate": (PALETTE[2], both("duplicate", "重复")),
    "flatline": (WARNING, both("flatline", "平直")),
    "spike": (ACCENT, both("spike", "尖峰")),
    "out_of_range": (PALETTE[5], both("out of range", "超范围")),
    "unit_suspect": (BAD, both("unit suspect", "疑似单位混用")),
}
ALL_ROWS = both("all rows", "所有行")


def completeness_bars(columns: pd.DataFrame) -> Any:
    """Draw a bar per tag and column, the least complete first; at most 30.

    ``columns`` has ``tag, column, readings, missing, completeness`` (%).
    """
    shown = columns.sort_values("completeness", kind="stable").head(MOST_BARS).iloc[::-1]
    names = _lanes(shown)
    title = both("Completeness by column", "各列完整率")
    if len(columns) > len(shown):
        title = both(
            f"Completeness, the {len(shown)} least complete of {len(columns)} columns",
            f"完整率：{len(columns)} 列中最低的 {len(shown)} 列",
        )
    low = float(shown["completeness"].min())
    start = 0.0 if low < USABLE_FROM else 90.0 if low < GOOD_FROM else 98.0
    height = max(160, 70 + 22 * len(names))
    plot = figure(title=title, y_range=names, x_range=(start, 100), tools="save", height=height)
    share = shown["completeness"].astype(float)
    colours = [GOOD if s >= GOOD_FROM else WARNING if s >= USABLE_FROM else BAD for s in share]
    numbers = {name: shown[name].astype(int).tolist() for name in ("readings", "missing")}
    source = ColumnDataSource({"name": names, "share": share.tolist(), "colour": colours, **numbers})
    plot.hbar("name", right="share", left=start, height=0.7, color="colour", source=source)
    tips = [
        (both("column", "列"), "@name"),
        (both("complete", "完整率"), "@share{0.00} %"),
        (both("readings", "读数"), "@readings"),
        (both("missing", "缺失"), "@missing"),
    ]
    plot.add_tools(HoverTool(tooltips=tips))
    plot.xaxis.axis_label = both("cells with a value, %", "有值单元格占比，%")
    plot.add_layout(Span(location=GOOD_FROM, dimension="height", line_color=GREY, line_dash="dotted"))
    return plot


def findings_timeline(findings: pd.DataFrame, *, rows: int) -> Any:
    """Draw where the defects lie: one lane per tag and column, over time or over row numbers.

    ``findings`` has ``check, tag, column, first_row, last_row, start, end, count``; of a table without times
    ``start`` is empty. The lanes with most findings come first; at most 24 are drawn.
    """
    drawn = findings[findings["check"].isin(list(CHECKS))]
    drawn = drawn.assign(lane=_lanes(drawn))
    busiest = drawn["lane"].value_counts(sort=True).index[:MOST_LANES].tolist()
    timed = bool(len(drawn)) and bool(drawn["start"].notna().any())
    plot = figure(
        title=both("Where the findings lie", "发现的位置")
        if len(drawn)
        else both("No findings", "未发现缺陷"),
        y_range=busiest[::-1] or [ALL_ROWS],
        x_axis_type="datetime" if timed else "linear",
        height=max(180, 110 + 26 * len(busiest)),
        **({} if timed else {"x_range": (0, rows + 1)}),
    )
    for check, (colour, label) in CHECKS.items():
        part = drawn[(drawn["check"] == check) & drawn["lane"].isin(busiest)]
        if len(part):
            _stretches(plot, part, (colour, label), timed=timed)
    if not timed:
        plot.xaxis.axis_label = both("row", "行号")
        plot.xaxis.formatter = NumeralTickFormatter(format="0")
    if not len(drawn):
        plot.segment([1], [ALL_ROWS], [rows], [ALL_ROWS], line_width=9, color=GOOD)
    if len(drawn):
        plot.legend.label_text_font = FONT
        plot.legend.orientation = "horizontal"
        plot.legend.click_policy = "hide"
        plot.add_layout(plot.legend[0], "below")
    return plot


def _lanes(rows: pd.DataFrame) -> list[str]:
    """Name the lane of each row; the one column of a long table is left out."""
    single = rows.loc[rows["column"] != "", "column"].nunique() <= 1
    pairs = zip(rows["tag"], rows["column"], strict=True)
    parts = [(tag, "" if single and tag else column) for tag, column in pairs]
    return [" · ".join(part for part in pair if part) or ALL_ROWS for pair in parts]


def _stretches(plot: Any, part: pd.DataFrame, look: tuple[str, str], *, timed: bool) -> None:
    """Draw stretches as bars with a mark at their start, so that the shortest can be seen and pointed at."""
    colour, label = look
    ends = ("start", "end") if timed else ("first_row", "last_row")
    known = part[part[ends[0]].notna()]
    source = ColumnDataSource(
        {
            "from": known[ends[0]].to_numpy(),
            "to": known[ends[1]].to_numpy(),
            "lane": known["lane"].tolist(),
            "check": [label] * len(known),
            "count": known["count"].astype(int).tolist(),
            "rows": [f"{a} – {b}" for a, b in zip(known["first_row"], known["last_row"], strict=True)],
        }
    )
    plot.segment("from", "lane", "to", "lane", source=source, line_width=9, color=colour, legend_label=label)
    marks = plot.scatter("from", "lane", source=source, size=9, marker="square", color=colour)
    when = ("@from{%F %T} – @to{%F %T}", {"@from": "datetime", "@to": "datetime"}) if timed else ("@rows", {})
    tips = [
        (both("finding", "发现"), "@check"),
        (both("where", "位置"), "@lane"),
        (both("when", "时间") if timed else both("rows", "行"), when[0]),
        (both("readings", "读数"), "@count"),
    ]
    plot.add_tools(HoverTool(renderers=[marks], tooltips=tips, formatters=when[1]))
