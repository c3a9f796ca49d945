"""Runs side by side: what differs, by how much, and in which direction."""

import pandas as pd

from workbench.runs.compare import compare, data_changes, notebook_changes, table_changes
from workbench.runs.job import Declared, Job, Limits
from workbench.runs.record import InputUsed, Kpi, RunRecord, TemplateUsed


def record(run, *, kpis=None, parameters=None, version=1, **fields):
    return RunRecord(
        run=run,
        status="succeeded",
        template=TemplateUsed(id="t", version="1.0.0", digest="d"),
        kpis={name: Kpi(value=value, unit="mm") for name, value in (kpis or {}).items()},
        parameters=parameters or {},
        inputs={"measurements": InputUsed(table="rings", version=version, sha256=f"s{version}")},
        **fields,
    )


def job(run, *, sources=None, cells=()):
    notebook = {"cells": [{"cell_type": "code", "source": source} for source in cells]}
    return Job(
        run=run, template=TemplateUsed(id="t", version="1.0.0"), notebook=notebook, parameters={}, values={},
        inputs={}, sources=sources or {}, declared=Declared(), limits=Limits(seconds=1, output_bytes=1),
        staging="s", published="p", created="2026-11-23T08:00:00+00:00",
    )  # fmt: skip


def test_only_what_differs_is_told_with_a_value_per_run():
    found = compare(
        record("a", parameters={"rules": "x", "width": 3}),
        record("b", parameters={"rules": "y", "width": 3}),
        record("c", parameters={"rules": "x", "width": 3}, version=2),
    )

    assert found["parameters"] == {"rules": ["x", "y", "x"]}
    assert [each["version"] for each in found["inputs"]["measurements"]] == [1, 1, 2]
    assert found["template"] == found["verdict"] == {}


def test_a_number_is_compared_with_the_first_run_absolutely_and_relatively():
    runs = [record(name, kpis={"cpk": value}) for name, value in (("a", 1.0), ("b", 1.5), ("c", 0.75))]

    found = compare(*runs, better={"cpk": "higher"})["kpis"]["cpk"]

    assert found["values"] == [1.0, 1.5, 0.75]
    assert found["changes"] == [0.0, 0.5, -0.25]
    assert found["change"] == -0.25
    assert found["relative"] == [0.0, 0.5, -0.25]
    assert found["better"] == [None, True, False]


def test_lower_can_be_better():
    found = compare(record("a", kpis={"ppm": 9}), record("b", kpis={"ppm": 3}), better={"ppm": "lower"})

    assert found["kpis"]["ppm"]["better"] == [None, True]


def test_a_number_that_one_run_lacks_has_no_difference():
    found = compare(record("a", kpis={"cpk": 1.0}), record("b"))

    assert found["kpis"]["cpk"]["values"] == [1.0, None]
    assert found["kpis"]["cpk"]["change"] is None


def test_numbers_of_different_units_have_no_difference():
    second = record("b").model_copy(update={"kpis": {"mean": Kpi(value=1000.0, unit="µm")}})

    assert compare(record("a", kpis={"mean": 1.0}), second)["kpis"]["mean"]["change"] is None


def test_nothing_relative_to_zero():
    assert compare(record("a", kpis={"x": 0}), record("b", kpis={"x": 3}))["kpis"]["x"]["relative"][1] is None


def parquet(path, **columns):
    pd.DataFrame(columns).to_parquet(path, index=False)
    return str(path)


def test_the_rows_behind_an_input_are_compared_where_they_differ(tmp_path):
    old = parquet(tmp_path / "old.parquet", serial=["a", "b"], width=[1.0, 2.0])
    new = parquet(tmp_path / "new.parquet", serial=["a", "b", "c"], width=[1.0, 2.5, 3.0])
    first = {"table": "rings", "sha256": "1", "files": [old]}
    second = {"table": "rings", "sha256": "2", "files": [new]}

    found = data_changes(
        job("a", sources={"m": first, "n": first}), job("b", sources={"m": second, "n": first})
    )

    assert list(found) == ["m"]
    assert (found["m"].added, found["m"].removed, found["m"].changed) == (1, 0, 1)


def test_rows_that_are_gone_are_told_and_stop_nothing(tmp_path):
    gone = {"table": "rings", "sha256": "1", "files": [str(tmp_path / "gone.parquet")]}
    here = {"table": "rings", "sha256": "2", "files": [parquet(tmp_path / "here.parquet", x=[1])]}

    assert (
        "no longer there" in data_changes(job("a", sources={"m": gone}), job("b", sources={"m": here}))["m"]
    )


def test_different_tables_are_not_compared_row_by_row(tmp_path):
    one = {"table": "rings", "sha256": "1", "files": [parquet(tmp_path / "1.parquet", x=[1])]}
    two = {"table": "bolts", "sha256": "2", "files": [parquet(tmp_path / "2.parquet", x=[2])]}

    assert data_changes(job("a", sources={"m": one}), job("b", sources={"m": two})) == {}


def test_result_tables_are_compared_by_their_key(tmp_path):
    first = record("a", tables={"points": parquet(tmp_path / "1.parquet", point=[1, 2], value=[1.0, 2.0])})
    second = record("b", tables={"points": parquet(tmp_path / "2.parquet", point=[1, 2], value=[1.0, 9.0])})

    assert table_changes(first, second)["points"].changed == 1


def test_a_changed_cell_is_shown_as_a_diff():
    lines = notebook_changes(job("a", cells=["x = 1", "y = 2"]), job("b", cells=["x = 1", "y = 3"]))

    assert "-y = 2" in lines
    assert "+y = 3" in lines
    assert notebook_changes(job("a", cells=["x"]), job("b", cells=["x"])) == []
