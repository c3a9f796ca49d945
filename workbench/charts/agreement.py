"""Charts of judgements: how often inspectors agree with themselves and the standard, and where not."""

from typing import Any

from bokeh.models import ColumnDataSource, HoverTool, Span, Whisker

from workbench.charts.text import both
from workbench.charts.theme import BAD, FONT, GREY, PALETTE, WARNING, figure
from workbench.methods.msa_attribute import Agreement
from workbench.methods.msa_attribute_words import LIMITS

KINDS = {
    "within": both("with himself", "与自己一致"),
    "effectiveness": both("with the standard", "与标准一致"),
}
MOST_PARTS = 40  # on the map; the most disputed ones
COLOURS = ("#dbe7f4", "#f6c89f", WARNING, BAD)


def agreement(study: Agreement) -> Any:
    """Draw the share of parts judged alike, and alike and right, with intervals; AIAG's 90 and 80 percent."""
    names = [name or both("Inspector", "检验员") for name in study.judgements.operators]
    plot = figure(y_axis_label=both("Parts agreed on (%)", "判定一致的零件 (%)"), y_range=(0, 108))
    plot.x_range.start, plot.x_range.end = 0.4, len(names) + 0.6
    kinds = [kind for kind in KINDS if getattr(study, kind)]
    for at, kind in enumerate(kinds):
        rates = getattr(study, kind)
        offset = (at - (len(kinds) - 1) / 2) * 0.22
        data = {
            "x": [number + 1 + offset for number in range(len(rates))],
            "operator": names,
            "y": [rate.percent for rate in rates],
            "low": [rate.low for rate in rates],
            "high": [rate.high for rate in rates],
            "count": [f"{rate.hits}/{rate.of}" for rate in rates],
        }
        source, colour = ColumnDataSource(data), PALETTE[at]
        bar = Whisker(base="x", lower="low", upper="high", source=source, line_color=colour, line_width=1.6)
        bar.upper_head.line_color = bar.lower_head.line_color = colour
        plot.add_layout(bar)
        dots = plot.scatter("x", "y", source=source, size=10, color=colour, legend_label=KINDS[kind])
        rows = [(both("Inspector", "检验员"), "@operator"), (both("Parts", "零件"), "@count")]
        rows += [(KINDS[kind], "@y{0.0} %"), (both("Interval", "区间"), "@low{0} – @high{0} %")]
        plot.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    for level in LIMITS["effectiveness"]:
        plot.add_layout(Span(location=level, dimension="width", line_color=GREY, line_dash="dashed"))
    plot.xaxis.ticker = list(range(1, len(names) + 1))
    plot.xaxis.major_label_overrides = dict(enumerate(names, 1))
    if kinds:
        plot.legend.label_text_font, plot.legend.label_text_font_size = FONT, "11px"
        plot.legend.orientation, plot.legend.border_line_color = "horizontal", None
        plot.add_layout(plot.legend[0], "above")
    return plot


def disputed_parts(study: Agreement) -> Any:
    """Draw who judged which part otherwise: a square per inspector and part, darker for more trials."""
    frame = study.disputed.head(MOST_PARTS)
    operators, trials = study.judgements.operators, study.judgements.ratings.shape[2]
    parts = frame["part"].tolist()
    names = [name or both("Inspector", "检验员") for name in operators]
    height = max(150, 90 + 46 * len(names))
    plot = figure(
        x_axis_label=both(
            "Disputed parts, worst first; darker: judged otherwise in more trials",
            "有争议的零件（最差在前，颜色越深判定不同的次数越多）",
        ),
        x_range=parts or [both("none", "无")],
        y_range=names[::-1],
        height=height,
        tools="save",
    )
    rows: dict[str, list[Any]] = {"part": [], "operator": [], "wrong": [], "colour": [], "expected": []}
    for operator, name in zip(operators, names, strict=True):
        for part, expected, wrong in zip(parts, frame["expected"], frame[operator].tolist(), strict=True):
            rows["part"].append(part)
            rows["operator"].append(name)
            rows["wrong"].append(int(wrong))
            rows["expected"].append(expected)
            rows["colour"].append(COLOURS[-(-3 * int(wrong) // trials)])
    squares = plot.rect(
        "part", "operator", 0.92, 0.9, source=ColumnDataSource(rows), color="colour", line_color="white"
    )
    tips = [(both("Part", "零件"), "@part"), (both("Inspector", "检验员"), "@operator")]
    tips += [
        (both("Expected", "应为"), "@expected"),
        (both("Judged otherwise", "判定不同"), f"@wrong / {trials}"),
    ]
    plot.add_tools(HoverTool(renderers=[squares], tooltips=tips))
    plot.grid.grid_line_color = None
    return plot
