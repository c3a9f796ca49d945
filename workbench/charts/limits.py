"""Points between limits: what every control chart draws, whatever its points are."""

from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import BoxAnnotation, ColumnDataSource, FixedTicker, HoverTool, Label, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GREY, figure, named_levels
from workbench.methods.spc_causes import RULE_TEXTS

MOST_POINTS = 2000  # drawn; of more the newest ones, and the axis says so
MOST_STAGES = 30  # named; beyond, names only cover each other
MOST_MARKERS = 500  # beyond, markers of ordinary points only hide the line


def limit_chart(
    points: pd.DataFrame,
    signals: pd.DataFrame,
    *,
    axis: str,
    levels: dict[str, str],
    value: str = "statistic",
    point: str = both("Point", "点"),
    **options: Any,
) -> Any:
    """Draw points with limits that may differ from point to point.

    ``points`` has point, subgroup, optional ts, baseline, center, ucl, lcl (and the column ``value``);
    ``signals`` has point and rule. ``levels`` names the lines: center, ucl, lcl → text; a line without a text
    is not drawn.
    """
    shown = points.tail(MOST_POINTS)
    first, last = int(shown["point"].iloc[0]), int(shown["point"].iloc[-1])
    plot = figure(
        x_axis_label=_axis_text(point, first, last),
        y_axis_label=axis,
        x_range=(first - 0.5, last + 0.5),
        **options,
    )
    labels = points["subgroup"].astype(str).tolist()
    at = ticks(first, last)
    plot.xaxis.ticker = FixedTicker(ticks=at)
    plot.xaxis.major_label_overrides = {place: labels[place - 1] for place in at}
    # counts and T² lie low in their chart: the name goes to its top
    shade_baseline(plot, points["baseline"].to_numpy(dtype=bool), height=plot.height - 95)
    part_stages(plot, points)
    data = _columns(shown, signals, value, levels)
    source = ColumnDataSource({name: data[name].tolist() for name in data})
    for name in levels:
        colour, dash = (GREY, "solid") if name == "center" else (BAD, "dashed")
        plot.step("x", name, source=source, mode="center", line_color=colour, line_dash=dash, line_width=1.2)
    named = {float(data[name].iloc[-1]): text for name, text in levels.items()}
    plot.add_layout(named_levels(named), "right")
    plot.line("x", "statistic", source=source, line_color=ACCENT, line_width=1.6)
    if len(data) <= MOST_MARKERS:
        plot.scatter("x", "statistic", source=source, size=5, color=ACCENT)
    asked = plot.scatter("x", "statistic", source=source, size=9, alpha=0.0, level="overlay")
    mark_signals(plot, data[data["rule"] != ""], point)
    plot.add_tools(hover(asked, data, point))
    return plot


def _axis_text(point: str, first: int, last: int) -> str:
    if first == 1:
        return point
    en, _, zh = point.partition(both("", ""))
    more = f"{en} (newest {last - first + 1} of {last})"
    return both(more, f"{zh}（共 {last} 个，仅显示最新 {last - first + 1} 个）")


def _columns(shown: pd.DataFrame, signals: pd.DataFrame, value: str, levels: dict[str, str]) -> pd.DataFrame:
    """Collect what the glyphs and the hover need, with plain strings for texts."""
    times = shown["ts"].dt.strftime("%Y-%m-%d %H:%M") if "ts" in shown else pd.Series("", shown.index)
    data = pd.DataFrame({"x": shown["point"], "statistic": shown[value], "ts": times.fillna("")})
    data["subgroup"] = shown["subgroup"].astype(str)
    for name in levels:
        data[name] = shown[name]
    rules = signals.groupby("point")["rule"].agg(rule_text).to_dict()
    data["rule"] = [rules.get(place, "") for place in data["x"]]
    return data


def rule_text(rules: pd.Series) -> str:
    """Say which rules a point fulfils, in both languages."""
    texts = [RULE_TEXTS[rule] for rule in dict.fromkeys(rules)]
    return both("; ".join(text["en"] for text in texts), "；".join(text["zh"] for text in texts))


def ticks(first: int, last: int) -> list[int]:
    """Choose about a dozen round positions, the first point included."""
    count = last - first + 1
    step = next((step for step in (1, 2, 5, 10, 20, 50, 100, 200) if count / step <= 12), max(1, count // 10))
    return [first, *[at for at in range(step, last + 1, step) if at > first]]


def shade_baseline(plot: Any, inside: Any, *, height: int = 4) -> None:
    """Mark the points that limits were computed from, where they are not all; the name at ``height``."""
    if inside.all() or not inside.any():
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        plot.add_layout(
            BoxAnnotation(
                left=first + 0.5, right=end + 0.5, fill_color=GREY, fill_alpha=0.07, level="underlay"
            )
        )
    name = Label(x=int(edges[0]) + 0.7, y=height, y_units="screen", text=both("baseline", "基准"))
    name.text_color, name.text_font, name.text_font_size = GREY, FONT, "11px"
    plot.add_layout(name)


def mark_signals(plot: Any, signals: pd.DataFrame, point: str = both("Subgroup", "子组")) -> None:
    """Draw signals as red diamonds that say their rule."""
    source = ColumnDataSource({name: signals[name].tolist() for name in signals})
    drawn = plot.scatter(
        "x", "statistic", source=source, marker="diamond", size=13, color=BAD, line_color="white"
    )
    plot.add_tools(hover(drawn, signals, point, rule=True))


def hover(
    glyph: Any,
    data: pd.DataFrame,
    point: str = both("Subgroup", "子组"),
    *,
    rule: bool = False,
    causes: bool = False,
) -> HoverTool:
    """Let the mouse ask a point for its label, time, value, rule and usual causes."""
    rows = [(point, "@subgroup"), (both("Value", "数值"), "@statistic{0.[000000]}")]
    if data["ts"].any():
        rows.insert(1, (both("Time", "时间"), "@ts"))
    if rule:
        rows.append((both("Rule", "规则"), "@rule"))
    if causes:
        rows.append((both("Usual causes", "常见原因"), "@causes"))
    return HoverTool(renderers=[glyph], tooltips=rows, point_policy="snap_to_data", attachment="above")


def part_stages(plot: Any, points: pd.DataFrame, *, named: bool = True) -> None:
    """Draw a line where a stage begins, and its name beside it."""
    if "stage" not in points:
        return
    stages = points["stage"].tail(MOST_POINTS)
    begins = (stages != stages.shift()).to_numpy().nonzero()[0]
    for at in begins[:MOST_STAGES]:
        place = float(points["point"].iloc[stages.index[at]]) - 0.5
        plot.add_layout(Span(location=place, dimension="height", line_color=GREY, line_dash="dotted"))
        if named:
            name = Label(x=place, y=plot.height - 95, y_units="screen", x_offset=4, text=str(stages.iloc[at]))
            name.text_color, name.text_font, name.text_font_size = GREY, FONT, "11px"
            plot.add_layout(name)
