"""The forecast chart: bands, forecast and what came, in both languages."""

import numpy as np
import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.models import VArea

from workbench.charts.forecast import forecast_chart
from workbench.charts.text import localise

TITLE = {"en": "Pump A: Theta", "zh": "Pump A：Theta 方法"}


def frames(periods):
    past = pd.DataFrame({"period": periods[:24], "value": np.arange(24.0), "filled": [False] * 23 + [True]})
    value = np.arange(24.0, 30.0)
    ahead = pd.DataFrame({"period": periods[24:], "value": value, "low80": value - 1, "high80": value + 1})
    return past, ahead.assign(low95=value - 2, high95=value + 2)


@pytest.fixture(params=["dates", "numbers"])
def chart(request):
    numbers = pd.Series(range(30))
    periods = (
        pd.Series(pd.date_range("2024-01-01", periods=30, freq="MS")) if request.param == "dates" else numbers
    )
    past, ahead = frames(periods)
    actuals = pd.DataFrame({"period": periods[24:26], "value": [24.5, 25.5]})
    return forecast_chart(past, ahead, title=TITLE, actuals=actuals, unit="t", shown=12)


def test_the_chart_shows_history_forecast_bands_filled_values_and_what_came(chart):
    labels = [item.label.value for item in chart.legend[0].items]

    english = localise(labels, "en")
    assert english == ["95 % of cases", "80 % of cases", "demand", "forecast", "filled in", "what came"]
    assert sum(isinstance(renderer.glyph, VArea) for renderer in chart.renderers) == 2


def test_the_bands_start_at_the_last_known_value(chart):
    area = next(renderer for renderer in chart.renderers if isinstance(renderer.glyph, VArea))

    assert area.data_source.data["low95"][0] == area.data_source.data["high95"][0] == 23


def test_the_view_is_the_recent_past(chart):
    data = chart.renderers[2].data_source.data

    assert chart.x_range.start == pd.Series(data["period"])[12]
    assert chart.y_range.end < 60


def test_the_chart_survives_its_journey_as_json_in_either_language(chart):
    document = Document()
    document.add_root(chart)

    chinese = localise(document.to_json(), "zh")

    assert "Pump A：Theta 方法" in str(chinese)
    assert "\u001f" not in str(chinese)
