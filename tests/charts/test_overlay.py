"""Charts of several runs are laid over each other where that is honest, and not where it would mislead."""

import pytest
from bokeh.document import Document
from bokeh.models import FactorRange, Legend, Line, Scatter

from workbench.charts.overlay import overlay
from workbench.charts.theme import PALETTE, figure


def recorded(*plots):
    document = Document()
    for plot in plots:
        document.add_root(plot)
    found = document.to_json(deferred=False)
    document.clear()  # a plot may be recorded again
    return found


def line(values, *, unit="mm", **options):
    plot = figure(x_axis_label="Subgroup", y_axis_label=f"Mean ({unit})", **options)
    plot.line(list(range(len(values))), values)
    plot.scatter([1], [values[1]], marker="diamond", size=13)
    return plot


def drawn(document):
    return Document.from_json(document).roots[0]


def test_each_run_has_its_colour_and_a_place_in_the_legend():
    plot = drawn(overlay([("one", recorded(line([1, 2, 3]))), ("two", recorded(line([4, 5, 6])))]))

    lines = [each for each in plot.renderers if isinstance(each.glyph, Line)]
    assert [each.data_source.data["y"] for each in lines] == [[1, 2, 3], [4, 5, 6]]
    assert [each.glyph.line_color for each in lines] == list(PALETTE[:2])
    assert [item.label.value for item in plot.select_one(Legend).items] == ["one", "two"]


def test_the_shape_of_a_marker_stays():
    plot = drawn(overlay([("one", recorded(line([1, 2]))), ("two", recorded(line([3, 4])))]))

    markers = [each.glyph for each in plot.renderers if isinstance(each.glyph, Scatter)]
    assert {getattr(glyph.marker, "value", glyph.marker) for glyph in markers} == {"diamond"}


def test_what_only_the_mouse_finds_is_left_out():
    plot = line([1, 2])
    plot.scatter([0], [1], alpha=0.0)

    found = drawn(overlay([("one", recorded(plot)), ("two", recorded(plot))]))

    assert len(found.renderers) == 4


def test_times_stay_times():
    plot = line([1, 2], x_axis_type="datetime")

    found = drawn(overlay([("one", recorded(plot)), ("two", recorded(plot))]))

    assert type(found.xaxis[0]).__name__ == "DatetimeAxis"


def test_named_ticks_keep_their_names():
    plot = line([1, 2])
    plot.yaxis.major_label_overrides = {-1: "16 %", 1: "84 %"}

    found = drawn(overlay([("one", recorded(plot)), ("two", recorded(plot))]))

    assert found.yaxis[0].major_label_overrides == {-1: "16 %", 1: "84 %"}
    assert found.yaxis[0].ticker.ticks == [-1, 1]


def other_names():
    plot = line([1, 2])
    plot.xaxis.major_label_overrides = {1: "batch 7"}
    return plot


def named():
    plot = line([1, 2])
    plot.xaxis.major_label_overrides = {1: "batch 1"}
    return plot


def bars():
    plot = figure(x_range=FactorRange("a", "b"), y_axis_label="Mean (mm)")
    plot.vbar(x=["a", "b"], top=[1, 2], width=0.8)
    return plot


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (line([1, 2]), line([1, 2], unit="µm")),
        (line([1, 2]), line([1, 2], x_axis_type="datetime")),
        (line([1, 2]), line([1, 2], y_axis_type="log")),
        (named(), other_names()),
        (bars(), bars()),
    ],
    ids=["other unit", "time and number", "log and linear", "same place, other name", "bars of categories"],
)
def test_what_does_not_fit_together_is_not_laid_over(one, two):
    assert overlay([("one", recorded(one)), ("two", recorded(two))]) is None


def test_another_number_of_figures_is_not_laid_over():
    assert overlay([("a", recorded(line([1, 2]))), ("b", recorded(line([1, 2]), line([1, 2])))]) is None
