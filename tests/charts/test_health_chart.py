"""The charts of data health draw what was found, in both languages."""

import json

import numpy as np
import pandas as pd
import pytest
from bokeh.document import Document

from workbench.charts.health import completeness_bars, findings_timeline
from workbench.charts.text import localise
from workbench.demo import factory
from workbench.methods.health import assess


@pytest.fixture(scope="module")
def health():
    return assess(factory.table("demo.sensor_log").frame)


def texts(plot, language):
    document = Document()
    document.add_root(plot)
    recorded = json.loads(json.dumps(document.to_json(deferred=False)))
    return json.dumps(localise(recorded, language), ensure_ascii=False)


def test_each_tag_with_findings_has_a_lane(health):
    plot = findings_timeline(health.findings, rows=health.rows)

    assert {"TI-101", "PI-201", "FI-301", "VI-401", "LI-501"} <= set(plot.y_range.factors)


def test_the_timeline_speaks_both_languages(health):
    english = texts(findings_timeline(health.findings, rows=health.rows), "en")
    chinese = texts(findings_timeline(health.findings, rows=health.rows), "zh")

    assert "unit suspect" in english
    assert "疑似单位混用" in chinese
    assert "疑似单位混用" not in english


def test_without_times_the_timeline_counts_rows():
    values = np.random.default_rng(1).normal(size=200)
    values[50] = np.nan

    plot = findings_timeline(assess(pd.DataFrame({"a": values})).findings, rows=200)

    assert (plot.x_range.start, plot.x_range.end) == (0, 201)


def test_a_clean_table_is_drawn_as_clean():
    found = assess(pd.DataFrame({"a": np.random.default_rng(1).normal(size=200)}))

    assert "No findings" in texts(findings_timeline(found.findings, rows=200), "en")


def test_the_least_complete_column_stands_on_top(health):
    plot = completeness_bars(health.columns)

    assert plot.y_range.factors[-1] == "VI-401"


def test_of_many_columns_the_worst_are_drawn():
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 60)), columns=[f"c{i}" for i in range(60)])
    frame.loc[:10, "c7"] = np.nan

    plot = completeness_bars(assess(frame).columns)

    assert len(plot.y_range.factors) == 30
    assert plot.y_range.factors[-1] == "c7"
