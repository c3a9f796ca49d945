"""Tables and figures of a run, as pages show them."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.models import Plot
from bokeh.plotting import figure as bokeh_figure

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, figure
from workbench.runs.record import RunRecord, TemplateUsed
from workbench.templates.front_matter import ResultColumn, TableSpec
from workbench.ui.documents import DARK_DEFAULTS, fitted
from workbench.ui.figures import Figure, figures
from workbench.ui.frames import (
    FILTER_FROM,
    MAX_ROWS,
    PAGE_ROWS,
    beginning,
    grid,
    heading,
    titles,
    worded,
)
from workbench.ui.view import View

# Panel 1.9 calls pandas 3.1 in a way that pandas deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:pandas.errors.Pandas4Warning")
ENGLISH = View(bench=SimpleNamespace(), language="en")
CHINESE = View(bench=SimpleNamespace(), language="zh", dark=True)
SPEC = TableSpec(
    label="Signals",
    columns={
        "rule": ResultColumn(
            label={"en": "Rule", "zh": "规则"}, values={"beyond": {"en": "beyond the limits", "zh": "超限"}}
        ),
        "value": ResultColumn(label={"en": "Value", "zh": "数值"}, unit="measurements.value"),
    },
)
FRAME = pd.DataFrame({"rule": ["beyond", "other"], "value": [74.01, 74.02]})


def test_codes_become_words():
    assert list(worded(CHINESE, FRAME, SPEC)["rule"]) == ["超限", "other"]


def test_a_column_is_titled_with_the_unit_it_borrows():
    assert titles(ENGLISH, FRAME, SPEC, {"measurements.value": "mm"}) == {
        "rule": "Rule",
        "value": "Value (mm)",
    }


def test_a_unit_nobody_knows_is_left_out():
    assert titles(ENGLISH, FRAME, SPEC, {})["value"] == "Value"


def test_long_tables_are_paged_and_filtered_on_the_server():
    shown = grid(ENGLISH, pd.DataFrame({"x": range(max(PAGE_ROWS, FILTER_FROM) + 1)}))

    assert shown.pagination == "remote"
    assert shown.header_filters


def test_a_column_called_index_is_shown():
    shown = grid(ENGLISH, pd.DataFrame({"index": ["cp", "cpk"], "value": [1.3, 1.1]}))

    hidden = {shown.value.index.name} | set(shown.hidden_columns)
    assert "index" in shown.value.columns
    assert hidden.isdisjoint(shown.value.columns)


def test_no_name_of_a_rule_is_cut_off_and_no_sentence_stands_in_a_narrow_column():
    names = pd.DataFrame({f"n{at}": [at] for at in range(5)} | {"rule": ["连续 7 点在中心线同一侧"]})
    sentence = pd.DataFrame(
        {"point": [34], "causes": ["测量或录入错误、零件或量具不洁、零件错混、刀具崩损、参数被改动。"]}
    )

    assert grid(CHINESE, names).layout == "fit_data_stretch"
    assert grid(CHINESE, FRAME).layout == "fit_columns"
    assert grid(CHINESE, sentence).widths == {"point": "14%", "causes": "86%"}


def test_short_tables_are_just_shown():
    shown = grid(ENGLISH, FRAME)

    assert shown.pagination is None
    assert not shown.header_filters


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        ([1, 2], "0,0"),
        ([1.0, 2.0], "0,0"),
        ([74.001, 74.05], "0,0.000"),
        ([10.5, 120.25], "0,0.00"),
        ([74.0064, 74.0064], "0,0.0000"),
        ([1 / 3, 100 / 3], "0,0.0000"),
    ],
)
def test_decimals_tell_the_values_of_a_column_apart(values, pattern):
    shown = grid(ENGLISH, pd.DataFrame({"x": values}))

    assert shown.formatters["x"].format == pattern


def test_times_are_as_short_as_they_may_be():
    days = pd.DataFrame({"t": pd.to_datetime(["2026-05-01", "2026-05-02"])})

    assert list(grid(ENGLISH, days).value["t"]) == ["2026-05-01", "2026-05-02"]


def test_a_page_keeps_the_beginning_of_a_long_table(tmp_path):
    path = tmp_path / "long.parquet"
    pd.DataFrame({"x": range(MAX_ROWS + 5)}).to_parquet(path)

    frame, rows = beginning(path)

    assert (len(frame), rows) == (MAX_ROWS, MAX_ROWS + 5)
    assert f"the first {MAX_ROWS:,} of" in str(heading(ENGLISH, "Long", rows, "").object)


def test_truth_is_said_in_words():
    assert list(grid(CHINESE, pd.DataFrame({"x": [True, False]})).value["x"]) == ["是", "否"]


def test_an_empty_table_says_so():
    assert "No rows" in str(grid(ENGLISH, pd.DataFrame({"x": []})).object)


@pytest.fixture
def recorded():
    plot = figure(title=both("Chart", "控制图"))
    plot.line([1, 2], [3, 4], color=ACCENT)
    document = Document()
    document.add_root(plot)
    return document.to_json(deferred=False)


def plot_of(document) -> Plot:
    return Document.from_json(document).roots[0]


def test_a_figure_speaks_the_visitors_language(recorded):
    assert plot_of(fitted(recorded, ENGLISH)).title.text == "Chart"
    assert plot_of(fitted(recorded, CHINESE)).title.text == "控制图"


def test_a_figure_follows_dark_colours(recorded):
    def line_colour(view):
        return plot_of(fitted(recorded, view)).renderers[0].glyph.line_color

    assert line_colour(ENGLISH) == ACCENT
    assert line_colour(CHINESE) != ACCENT


def test_a_figure_has_a_font_with_hanzi(recorded):
    assert "Noto Sans SC" in plot_of(fitted(recorded, CHINESE)).xaxis[0].axis_label_text_font


def test_a_title_is_not_said_twice(recorded):
    assert not plot_of(fitted(recorded, ENGLISH, title="Chart")).title.visible
    assert plot_of(fitted(recorded, ENGLISH, title="Another")).title.visible


def test_a_strangers_figure_is_readable_on_dark_paper():
    plot = bokeh_figure()
    document = Document()
    document.add_root(plot)

    shown = plot_of(fitted(document.to_json(deferred=False), CHINESE))

    assert shown.background_fill_color is None
    assert shown.xaxis[0].major_label_text_color == DARK_DEFAULTS["Axis"]["major_label_text_color"]


def test_a_figure_costs_the_server_no_models(recorded, tmp_path):
    path = tmp_path / "chart.json"
    path.write_text(json.dumps(recorded))
    record = RunRecord(
        run="r", status="succeeded", template=TemplateUsed(id="t"), figures={"chart": str(path)}
    )

    box = figures(ENGLISH, None, record)["chart"]

    assert isinstance(box[1], Figure)


@pytest.mark.parametrize("content", ["{not json", "[1, 2]"])
def test_a_broken_figure_says_so_in_its_place(tmp_path, content):
    path = tmp_path / "chart.json"
    path.write_text(content)
    record = RunRecord(
        run="r", status="succeeded", template=TemplateUsed(id="t"), figures={"chart": str(path)}
    )

    box = figures(ENGLISH, None, record)["chart"]

    assert "could not be drawn" in str(box[1].object)
