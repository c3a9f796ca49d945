"""Charts of groups show every group, its interval, and the differences that count."""

import json

import numpy as np
import pandas as pd
from bokeh.document import Document
from bokeh.models import BoxAnnotation, Scatter, Segment, Span

from workbench.charts.groups import MOST_PAIRS, group_plot, pair_plot
from workbench.charts.text import SEPARATOR, localise
from workbench.demo.inspection import cavity_weight
from workbench.methods.groups import arrange_groups
from workbench.methods.groups_compare import ComparePlan, compare


def compared(count=4, **plan):
    frame = cavity_weight().frame.rename(columns={"cavity": "group", "weight": "value"})
    if count != 4:
        random = np.random.default_rng(1)
        frame = pd.DataFrame({"value": random.normal(size=5 * count), "group": np.repeat(range(count), 5)})
    return compare(arrange_groups(frame), ComparePlan(**plan))


def sources(plot, kind):
    return [drawn.data_source.data for drawn in plot.renderers if isinstance(drawn.glyph, kind)]


def test_every_group_has_its_mean_with_interval():
    found = compared()

    drawn = sources(group_plot(found, unit="g"), Segment)[0]

    assert drawn["name"] == list(found.groups.names)
    assert all(
        low < mean < high for low, mean, high in zip(drawn["low"], drawn["mean"], drawn["high"], strict=True)
    )


def test_pairs_that_differ_are_red_and_the_margin_is_shaded():
    found = compared(margin=0.02)
    plot = pair_plot(found)

    colours = sources(plot, Scatter)[0]["colour"]
    assert len(set(colours[-3:])) == 1
    assert colours[0] != colours[-1]
    assert [box.right for box in plot.center if isinstance(box, BoxAnnotation)] == [0.02]


def test_of_many_pairs_the_largest_are_drawn_and_the_title_says_so():
    plot = pair_plot(compared(10, test="anova"))

    assert len(plot.y_range.factors) == MOST_PAIRS
    assert "45" in plot.title.text


def test_ranks_have_no_intervals_to_draw():
    assert pair_plot(compared(test="kruskal-wallis")) is None


def test_a_single_group_is_drawn_against_its_target():
    values = pd.DataFrame({"value": np.random.default_rng(3).normal(10, 1, 30)})
    found = compare(arrange_groups(values), ComparePlan(target=10.0))

    plot = group_plot(found)

    assert [span.location for span in plot.center if isinstance(span, Span)] == [10.0]


def test_no_text_is_in_one_language_only():
    document = Document()
    document.add_root(group_plot(compared(), unit="g"))
    model = document.to_json(deferred=False)

    chinese = json.dumps(localise(model, "zh"), ensure_ascii=False)
    assert SEPARATOR not in chinese
    assert "均值" in chinese
