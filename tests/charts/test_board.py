"""The chart of a sweep: every point is drawn in the colour of its verdict, on one axis or two."""

from bokeh.models import ColumnDataSource, FactorRange, Span

from workbench.charts.board import Spot, over_one, over_two
from workbench.charts.theme import BAD, GOOD, GREY

SPOTS = [
    Spot(("M01",), 0.0, "good", "0"),
    Spot(("M02",), 7.0, "bad", "7 mm"),
    Spot(("M03",), 1.0, "refused", "1"),
]


def sources(plot):
    return [source.data for source in plot.select({"type": ColumnDataSource})]


def test_things_are_bars_in_the_colour_of_their_verdict():
    plot = over_one(SPOTS, ordered=False, target=0.0)

    [data] = sources(plot)
    assert (data["x"], data["value"]) == (["M01", "M02", "M03"], [0.0, 7.0, 1.0])
    assert data["tone"] == [GOOD, BAD, GREY]
    assert plot.select_one({"type": Span}).location == 0.0


def test_times_are_joined_by_a_line_in_their_order():
    plot = over_one(SPOTS, ordered=True)

    assert {type(drawn.glyph).__name__ for drawn in plot.renderers} == {"Line", "Scatter"}


def test_two_axes_make_a_map_whose_first_row_is_on_top():
    spots = [
        Spot((m, w), float(i), "bad", "") for i, (m, w) in enumerate([("M1", "a"), ("M1", "b"), ("M2", "b")])
    ]

    plot = over_two(spots, names=("machine", "week"))

    assert isinstance(plot.y_range, FactorRange)
    assert (plot.x_range.factors, plot.y_range.factors) == (["a", "b"], ["M2", "M1"])
    assert sources(plot)[0]["edge"] == [BAD] * 3


def test_many_labels_are_turned_so_that_they_stay_apart():
    spots = [Spot((f"machine {i:03d}",), 1.0, "good", "1") for i in range(20)]

    assert over_one(spots, ordered=False).xaxis[0].major_label_orientation == 0.9
