"""The charts of remaining life draw what the table says, in the table's order."""

import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.models import BoxAnnotation, FactorRange

from workbench.charts.life import MOST_UNITS, fleet_life, predicted_vs_true
from workbench.charts.text import both, localise


def predictions(n):
    states = ["at_risk", "wearing", "no_wear"]
    return pd.DataFrame(
        {
            "unit": range(101, 101 + n),
            "rul": [10.0 * (i + 1) for i in range(n)],
            "low": [5.0 * (i + 1) for i in range(n)],
            "high": [15.0 * (i + 1) for i in range(n)],
            "state": [states[min(i, 2)] for i in range(n)],
        }
    )


def test_units_stand_in_the_order_given_with_their_intervals():
    plot = fleet_life(predictions(4), horizon=30)

    assert isinstance(plot.x_range, FactorRange)
    assert plot.x_range.factors == ["101", "102", "103", "104"]
    drawn = {
        unit: low
        for r in plot.renderers
        for unit, low in zip(r.data_source.data["unit"], r.data_source.data["low"], strict=True)
    }
    assert drawn == {"101": 5.0, "102": 10.0, "103": 15.0, "104": 20.0}


def test_the_horizon_lies_under_the_data():
    band = next(
        each for each in fleet_life(predictions(3), horizon=30).center if isinstance(each, BoxAnnotation)
    )

    assert (band.top, band.level) == (30, "underlay")


def test_of_a_large_fleet_the_worst_are_drawn_and_the_title_says_so():
    plot = fleet_life(predictions(MOST_UNITS + 40), horizon=30)

    assert len(plot.x_range.factors) == MOST_UNITS
    assert "60 worst of 100" in plot.title.text


@pytest.mark.parametrize(("language", "word"), [("en", "at risk"), ("zh", "有风险")])
def test_every_text_has_both_languages(language, word):
    document = Document()
    document.add_root(fleet_life(predictions(3), horizon=30))

    shown = str(localise(document.to_json(), language))

    assert word in shown
    assert both("", "") not in shown


def test_predictions_lie_over_the_truth_with_their_intervals():
    plot = predicted_vs_true([1, 2], [50, 80], [60, 70], low=[40, 60], high=[70, 90], title="t")

    data = plot.renderers[0].data_source.data
    assert (data["true"], data["predicted"], data["low"]) == ([60.0, 70.0], [50.0, 80.0], [40.0, 60.0])


def test_the_diagonal_reaches_the_longest_life():
    plot = predicted_vs_true([1, 2], [50, 80], [60, 130], title="t")

    assert plot.renderers[-1].data_source.data["y"] == [0, 130.0]
