"""What a table can run is told with the reason, and what one column more would allow."""

import time

import pandas as pd
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.fitting import fits
from workbench.tables.measured import set_units
from workbench.tables.resolve import resolve


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = Workbench(load_settings(home=str(tmp_path_factory.mktemp("plant")), demo=False), full=False)
    yield bench
    bench.stop()


def told(bench, name, frame=None):
    if frame is not None:
        bench.tables.add(name, frame)
    source = resolve(name, workspace=bench.workspace, tables=bench.tables)
    return {one.template: one for one in fits(bench.library, bench.engine.preparer.mappings, source)}


def test_a_table_of_measurements_runs_the_chart_and_says_what_it_takes(bench):
    found = told(bench, "rings", pd.DataFrame({"直径": [10.0, 11.0] * 30, "零件号": ["a", "b"] * 30}))

    chart = found["control-chart"]
    assert (chart.state, chart.role, chart.mapping["value"]) == ("runs", "measurements", "直径")
    assert chart.sure
    assert "直径" in chart.why["en"]
    assert next(iter(found)) in {name for name, one in found.items() if one.state == "runs"}


def test_the_one_missing_column_is_named_in_both_languages(bench):
    found = told(bench, "gauge", pd.DataFrame({"零件": ["a", "b"], "测量值": [1.0, 2.0]}))

    nested = found["gauge-nested"]
    assert nested.state == "misses_one"
    assert [lack.column for lack in nested.missing] == ["operator"]
    assert nested.why == {
        "en": "needs a column for Operator: any kind",
        "zh": "缺少“操作员”列：任意类型",
    }


def test_texts_that_are_no_numbers_do_not_count_as_numbers(bench):
    found = told(bench, "words", pd.DataFrame({"value": ["high", "low"]}))

    assert found["control-chart"].state == "misses_one"
    assert "holds texts that are no numbers" in found["control-chart"].why["en"]


def test_a_unit_of_another_dimension_is_the_reason(bench):
    bench.tables.add("stops", pd.DataFrame({"reason": ["a", "b"], "minutes": [1.0, 2.0]}))
    set_units(bench.tables, "stops", {"minutes": "kg"})

    found = told(bench, "stops")

    assert found["pareto"].state == "runs"
    assert "minutes" not in found["pareto"].mapping


def test_what_was_confirmed_counts_until_it_is_gone(bench):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert told(bench, "two", frame)["control-chart"].state == "misses_one"
    bench.engine.preparer.confirm("control-chart", "measurements", "two", {"value": "b"})

    assert told(bench, "two")["control-chart"].mapping["value"] == "b"
    gone = told(bench, "two", frame[["a"]])["control-chart"]
    assert (gone.state, "is gone" in gone.why["en"]) == ("misses_one", True)


def test_a_hundred_tables_are_tried_on_every_app_without_reading_rows(bench):
    for number in range(100):
        columns = {f"c{number}_{i}": [1.0] for i in range(20)} | {"时间": ["2026-01-01"], "value": [2.0]}
        bench.tables.add(f"many.t{number}", pd.DataFrame(columns))
    began = time.perf_counter()

    found = [told(bench, f"many.t{number}") for number in range(100)]

    assert all(one["control-chart"].state == "runs" for one in found)
    print(f"100 tables: {time.perf_counter() - began:.2f} s")  # noqa: T201 - a figure, not an assertion


def test_stops_in_seconds_where_minutes_are_usual_are_pointed_out(bench):
    seconds = pd.DataFrame({"reason": ["a", "b"] * 50, "minutes": [1000.0 + 40 * n for n in range(100)]})
    bench.tables.add("seconds", seconds)

    doubt = bench.engine.propose("pareto", "events", "seconds")["minutes"]["doubt"]

    assert "×60" in doubt["en"]
    assert "×60" in doubt["zh"]
